"""PyTorch: training loops are the user's own, so what is seen is the loss that is propagated and the optimizer's steps.

The optimizer that takes a run's first step names the training; the module whose parameters it was given is the model, and
is kept when the run has completed.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from mlrun_jupyter.model import states
from mlrun_jupyter.tracking.autolog import recording
from mlrun_jupyter.tracking.autolog.patches import Patches
from mlrun_jupyter.tracking.autolog.recording import Recording, Settings, aside
from mlrun_jupyter.tracking.current import current

_SKIPPED: Final = ("params", "foreach", "fused", "capturable", "differentiable", "maximize", "decoupled_weight_decay")


def install(patches: Patches, settings: Settings) -> None:
    """Watch ``Tensor.backward``, ``Module.parameters`` and the optimizers' steps."""
    torch = import_module("torch")
    watch = Watch(settings)
    patches.wrap(torch.Tensor, "backward", watch.backward)
    patches.wrap(torch.nn.Module, "parameters", watch.parameters)
    handle = import_module("torch.optim.optimizer").register_optimizer_step_post_hook(watch.stepped)
    patches.undo(handle.remove)


class Watch:
    """What is known of the trainings of this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loops: weakref.WeakKeyDictionary[Any, Loop | None] = weakref.WeakKeyDictionary()
        self._modules: weakref.WeakSet[Any] = weakref.WeakSet()
        self._losses: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()

    def parameters(self, original: Callable[..., Any], module: Any, *args: Any, **kwargs: Any) -> Any:
        """A module whose parameters are asked for may be the one that is about to be trained."""
        self._modules.add(module)
        return original(module, *args, **kwargs)

    def backward(self, original: Callable[..., Any], loss: Any, *args: Any, **kwargs: Any) -> Any:
        context = current()
        if context is not None and loss.numel() == 1:
            self._losses[context] = loss.detach()
        return original(loss, *args, **kwargs)

    def stepped(self, optimizer: Any, _args: Any, _kwargs: Any) -> None:
        with aside("a step"):
            context = current()
            if context is None:
                return
            if optimizer not in self._loops:
                self._loops[optimizer] = self._begun(optimizer)
            loop = self._loops[optimizer]
            if loop is not None and loop.found.context is context:
                loop.step(optimizer, self._losses.pop(context, None))

    def _begun(self, optimizer: Any) -> Loop | None:
        found = recording.begin(self._settings, "torch")
        if found is None:
            return None
        recording.end(found)  # nobody says when a loop ends: other trainings of the run have names of their own
        return Loop(found, optimizer, self._module_of(optimizer))

    def _module_of(self, optimizer: Any) -> Any:
        """The module that holds most of the optimizer's parameters, and least besides."""
        given = {id(each) for group in optimizer.param_groups for each in group["params"]}
        best, most = None, (0, 0)
        for module in list(self._modules):
            held = {id(each) for each in module.parameters()}
            fits = len(held & given), -len(held)
            if fits > most:
                best, most = module, fits
        return best


class Loop:
    """One optimizer's steps within a run."""

    def __init__(self, found: Recording, optimizer: Any, module: Any) -> None:
        self.found = found
        self._module = module
        self._taken = 0
        self._last: dict[str, float] = {}
        group = optimizer.param_groups[0]
        plain = {name: value for name, value in group.items() if name not in _SKIPPED}
        found.parameters({"optimizer": type(optimizer).__name__, **plain})
        if module is not None:
            trained = sum(each.numel() for each in module.parameters() if each.requires_grad)
            found.parameters({"module": type(module).__name__, "trainable_parameters": trained})
        found.context.before_end(self._end)

    def step(self, optimizer: Any, loss: Any) -> None:
        if self._taken % self.found.settings.every == 0:  # reading a loss may wait for an accelerator
            self._last = {} if loss is None else {"loss": float(loss)}
            self.found.step({**self._last, "lr": float(optimizer.param_groups[0]["lr"])}, self._taken)
        self._taken += 1

    def _end(self, state: str) -> None:
        module, self._module = self._module, None
        self.found.results(self._last)
        if module is not None and state == states.COMPLETED:
            with aside("the model"):
                self.found.model(
                    module, algorithm=type(module).__name__, extra_data={"architecture.txt": str(module).encode()}
                )
