/** What a drawing library is to its frame: a function that draws into an element, and trouble that is told there. */

import type { IColours } from '../ui/viewers/drawingModel';

export type { IColours };

type Draw<T> = (document: T, element: HTMLElement, colours: IColours) => Promise<void>;

/** Let the frame's page draw by this library. */
export function offer<T>(draw: Draw<T>): void {
  const mlrunDraw = (document: T, colours: IColours): void => {
    const element = window.document.getElementById('drawing');
    if (!element) {
      return;
    }
    const tell = (text: string): void => {
      const line = window.document.createElement('p');
      line.setAttribute('role', 'alert');
      line.textContent = `This cannot be drawn: ${text.slice(0, 400)}`;
      element.before(line);
    };
    addEventListener('mlrun-trouble', event => tell(String((event as CustomEvent).detail)));
    Promise.resolve()
      .then(() => draw(document, element, colours))
      .catch((error: unknown) => tell(error instanceof Error ? error.message : String(error)));
  };
  Object.assign(window, { mlrunDraw });
}
