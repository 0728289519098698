"""Word lists of the conversion: IPython's magics, and the calls that only make a value."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BODY_STAYS: Final = _words(
    """
    time timeit capture prun debug memit snakeviz pyinstrument scalene
    """
)
"""Cell magics whose body is Python of the notebook's own namespace."""

BODY_GOES: Final = _words(
    """
    bash sh script system sx cmd perl ruby pypy python python2 python3 html HTML javascript js latex markdown
    svg SVG writefile file sql bigquery R julia cython rust go node typescript sparksql ai px pxlocal spark
    local configure mermaid ipytest run_pytest manim graphviz dot
    """
)
"""Cell magics whose body is no Python of this namespace."""

QUIET: Final = _words(
    """
    matplotlib load_ext reload_ext unload_ext autoreload config gui pdb precision pprint xmode colors lsmagic
    magic quickref who whos who_ls whatis history hist pinfo pinfo2 pdoc pdef psource pfile psearch pycat page
    timeit ls ll la pwd lf lk lx ldir notebook logstart logstop logon logoff logstate doctest_mode tb alias
    unalias alias_magic aimport mprun lprun tensorboard watermark skip_showtraceback subplots_adjust qtconsole
    connect_info bookmark dhist dirs popd pushd conda_list automagic autocall autoindent killbgscripts mlflow
    snakeviz cls clear more less man sc
    """
)
"""Line magics about the notebook and its screen: a job misses nothing."""

PURE_CALLS: Final = _words(
    """
    abs bool bytes bytearray chr complex dict divmod enumerate float format frozenset hash hex int len list
    max min object oct ord pow range repr reversed round set slice sorted str sum tuple type zip map filter
    isinstance issubclass getattr hasattr property staticmethod classmethod super any all Path PurePath
    pathlib.Path pathlib.PurePath Path.home Path.cwd pathlib.Path.home pathlib.Path.cwd os.getenv os.getcwd
    os.environ.get os.path.join os.path.dirname os.path.basename os.path.abspath os.path.expanduser
    os.cpu_count os.path.exists os.path.isfile os.path.isdir re.compile logging.getLogger getLogger namedtuple
    collections.namedtuple defaultdict collections.defaultdict OrderedDict collections.OrderedDict Counter
    collections.Counter deque collections.deque ChainMap TypeVar NewType typing.TypeVar typing.NewType
    ParamSpec NamedTuple TypedDict partial functools.partial itemgetter attrgetter operator.itemgetter
    operator.attrgetter Enum enum.Enum field dataclasses.field Decimal decimal.Decimal Fraction
    fractions.Fraction date time datetime timedelta datetime.date datetime.time datetime.datetime
    datetime.timedelta datetime.timezone timezone ContextVar contextvars.ContextVar Lock threading.Lock
    threading.RLock SimpleNamespace types.SimpleNamespace uuid.UUID UUID string.Template Template np.array
    np.arange np.linspace np.logspace np.zeros np.ones np.full np.eye np.dtype np.float32 np.float64 np.int32
    np.int64 np.deg2rad np.radians np.sqrt np.log np.exp np.finfo np.iinfo numpy.array numpy.arange
    numpy.linspace numpy.zeros numpy.ones math.sqrt math.log math.exp math.pow math.radians math.floor
    math.ceil pd.Timestamp pd.Timedelta pd.Index pd.CategoricalDtype torch.device torch.tensor
    torch.cuda.is_available jnp.array tf.constant platform.system sys.platform.startswith
    """
)
"""Calls that make a value and do nothing else."""

PURE_METHODS: Final = _words(
    """
    split rsplit splitlines strip lstrip rstrip lower upper title capitalize format format_map join replace
    encode decode startswith endswith removeprefix removesuffix casefold zfill keys values items get copy
    count index union intersection difference issubset joinpath with_suffix with_name resolve expanduser
    absolute as_posix isoformat strftime total_seconds reshape astype
    """
)
"""Methods of texts, paths and collections that change nothing."""

CHANGING_METHODS: Final = _words(
    """
    append extend insert remove pop popitem clear update setdefault add discard sort reverse appendleft extendleft
    popleft rotate subtract difference_update intersection_update symmetric_difference_update fill put
    """
)
"""Methods that change their object wherever they are called; as a statement any method may."""
CHANGING_CALLS: Final = _words(
    """
    setattr delattr next shuffle heapify heappush heappop heapreplace heappushpop insort insort_left insort_right
    setitem delitem
    """
)
"""Functions that change their first argument."""

PIP_VALUED: Final = _words(
    """
    -i --index-url --extra-index-url -f --find-links --trusted-host --timeout --retries -t --target --prefix
    --root --progress-bar --platform --python-version --implementation --abi --no-binary --only-binary --proxy
    --log --cert --client-cert --cache-dir --src --python -p --upgrade-strategy --config-settings -C
    --exists-action
    """
)
"""Options of pip that take a value."""
