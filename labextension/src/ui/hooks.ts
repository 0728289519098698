/** Small states that several parts of the UI need. */
import * as React from 'react';

/** A state that starts again when what was given changes. */
export function useGiven<T>(given: T): [T, (value: T) => void] {
  const [value, setValue] = React.useState(given);
  React.useEffect(() => setValue(given), [given]);
  return [value, setValue];
}

/** A value once it has rested. */
export function useLater(value: string, pause: number): string {
  const [later, setLater] = React.useState(value);
  React.useEffect(() => {
    const timer = setTimeout(() => setLater(value), pause);
    return () => clearTimeout(timer);
  }, [value, pause]);
  return later;
}

/** The time, looked at twice a minute. */
export function useNow(): number {
  const [now, setNow] = React.useState(() => Date.now());
  React.useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
