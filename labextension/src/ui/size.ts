/** The width of an element as it is now. */
import * as React from 'react';

export function useWidth(otherwise: number): [React.RefCallback<HTMLElement>, number] {
  const [width, setWidth] = React.useState(otherwise);
  const observer = React.useRef<ResizeObserver | null>(null);
  const watch = React.useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect();
    observer.current = null;
    if (element && typeof ResizeObserver !== 'undefined') {
      observer.current = new ResizeObserver(entries => {
        const found = Math.round(entries[0].contentRect.width);
        if (found > 0) {
          setWidth(found);
        }
      });
      observer.current.observe(element);
    }
  }, []);
  return [watch, width];
}
