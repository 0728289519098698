/** How times and amounts are written where they change while somebody looks; everything else comes written already. */

/** `340 ms`, `2.41 s`, `4 min 05 s`, `2 h 05 min`, `3 d 4 h`, as the models write it. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds) || seconds < 0) {
    return '';
  }
  if (seconds < 0.9995) {
    return seconds === 0
      ? '0 ms'
      : seconds < 1e-4
        ? '0.1 ms'
        : `${Number((seconds * 1000).toPrecision(3))} ms`;
  }
  if (seconds < 59.95) {
    return seconds < 9.995 ? `${seconds.toFixed(2)} s` : `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  }
  if (whole < 86400) {
    return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  }
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** The duration of something that goes on, in steps of a second so that it does not flicker. */
export function elapsed(seconds: number): string {
  return seconds < 1 ? '0 s' : seconds < 60 ? `${Math.floor(seconds)} s` : duration(Math.floor(seconds));
}

/** `now`, `2 m`, `3 h`, `yesterday`, `12 Nov`, `2024-05-01`: how long ago, in a few letters. */
export function ago(moment: string, now: number = Date.now()): string {
  const then = Date.parse(moment);
  if (Number.isNaN(then)) {
    return '';
  }
  const minutes = Math.floor((now - then) / 60_000);
  if (minutes < 1) {
    return 'now';
  }
  if (minutes < 60) {
    return `${minutes} m`;
  }
  const day = startOfDay(now);
  if (then >= day || minutes < 6 * 60) {
    return `${Math.floor(minutes / 60)} h`;
  }
  if (then >= day - 86_400_000) {
    return 'yesterday';
  }
  const date = new Date(then);
  return date.getFullYear() === new Date(now).getFullYear()
    ? date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })
    : isoDay(date);
}

/** `today 14:02`, `yesterday 09:30`, `2026-11-12 14:02`, in the reader's time zone. */
export function when(moment: string, now: number = Date.now()): string {
  const then = Date.parse(moment);
  if (Number.isNaN(then)) {
    return '';
  }
  const date = new Date(then);
  const clock = `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
  const day = startOfDay(now);
  if (then >= day && then < day + 86_400_000) {
    return `today ${clock}`;
  }
  return then >= day - 86_400_000 && then < day ? `yesterday ${clock}` : `${isoDay(date)} ${clock}`;
}

/** Four significant digits. */
export function number(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞';
  }
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) {
    return size < 100_000 ? String(value) : value.toLocaleString('en-US');
  }
  if (size >= 1e15 || size < 1e-4) {
    const [mantissa, exponent] = value.toExponential(3).split('e');
    return `${Number(mantissa)}e${Number(exponent)}`;
  }
  return size >= 1e5 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(4)));
}

/** `1 row`, `10,000 rows`. */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en-US')} ${noun}${amount === 1 ? '' : 's'}`;
}

/** `512 B`, `4.5 kB`, `84 kB`, `1.2 GB`. */
export function size(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes) || bytes < 0) {
    return '';
  }
  if (bytes < 999.5) {
    return `${Math.round(bytes)} B`;
  }
  let value = bytes;
  for (const unit of ['kB', 'MB', 'GB', 'TB']) {
    value /= 1000;
    if (value < 999.5) {
      return value < 9.95 ? `${value.toFixed(1)} ${unit}` : `${Math.round(value)} ${unit}`;
    }
  }
  return `${(value / 1000).toFixed(1)} PB`;
}

const SPECIAL =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g; // eslint-disable-line no-control-regex -- they are what is looked for

/** Text with control characters and marks that turn the direction of reading as symbols without effect. */
export function visible(text: string): string {
  return text.replace(SPECIAL, letter => {
    const code = letter.charCodeAt(0);
    if (letter === '\n') {
      return '↵';
    }
    if (letter === '\t') {
      return '⇥';
    }
    if (code < 0x20) {
      return String.fromCharCode(0x2400 + code);
    }
    return code === 0x7f ? '␡' : `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}

/** One visible line of at most `limit` letters. */
export function cut(text: string, limit = 60): string {
  const shown = visible(text.slice(0, limit + 1));
  return shown.length <= limit ? shown : `${shown.slice(0, limit - 1)}…`;
}

function startOfDay(now: number): number {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  return day.getTime();
}

function isoDay(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
