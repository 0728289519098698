/** A part of the React UI as a Lumino widget. */
import { Widget } from '@lumino/widgets';
import type * as React from 'react';
import { createRoot, type Root as ReactRoot } from 'react-dom/client';

/** Keeps its tree while it is detached, so that nothing folds up when a notebook scrolls. */
export abstract class Mount extends Widget {
  private root: ReactRoot | null;

  constructor() {
    super();
    const node = document.createElement('div');
    node.className = 'mlrun-mount';
    this.node.appendChild(node);
    this.root = createRoot(node);
  }

  protected abstract element(): React.ReactElement | null;

  /** Draw it as it is now. */
  protected draw(): void {
    this.root?.render(this.element());
  }

  override dispose(): void {
    const root = this.root;
    if (!this.isDisposed && root) {
      this.root = null;
      setTimeout(() => root.unmount()); // not while something is being drawn
    }
    super.dispose();
  }
}
