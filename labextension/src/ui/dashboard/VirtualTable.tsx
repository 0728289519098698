/** A table of any length: only the rows that can be seen are in the page. */
import { useVirtualizer } from '@tanstack/react-virtual';
import * as React from 'react';

export const ROW = 33;

/** Rows that tell how wide the columns are. */
const FIRST = 60;

export interface IVirtualTableProps {
  count: number;
  head: React.ReactNode;
  /** A row and how far from the top it stands; null: where it falls. */
  row: (index: number, top: number | null) => React.ReactElement;
  label: string;
  /** Told which rows are on the screen. */
  seen?: (first: number, last: number) => void;
  /** The row that the keyboard is at: it is kept in sight. */
  active?: number;
  onKeyDown?: (event: React.KeyboardEvent) => void;
  empty?: React.ReactNode;
  /** Columns keep the widths that their first rows gave them, until this changes: nothing jumps while one scrolls. */
  layout: string;
  /** Said to assistive technology where only a part is known: -1. */
  total?: number;
}

export function VirtualTable(props: IVirtualTableProps): React.ReactElement {
  const { count, active, seen } = props;
  const box = React.useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 12
  });
  const items = virtual.getVirtualItems();
  const first = items.length ? items[0].index : 0;
  const last = items.length ? items[items.length - 1].index : -1;
  React.useEffect(() => {
    if (last >= 0) {
      seen?.(first, last);
    }
  }, [seen, first, last]);
  React.useEffect(() => {
    const element = box.current;
    if (active === undefined || active < 0 || !element) {
      return;
    }
    const head = element.querySelector('thead')?.getBoundingClientRect().height ?? 0;
    const top = active * ROW;
    const room = element.clientHeight - head;
    if (top < element.scrollTop) {
      element.scrollTop = top;
    } else if (top + ROW > element.scrollTop + room) {
      element.scrollTop = top + ROW - room;
    }
  }, [active]);
  const [widths, setWidths] = React.useState<{ layout: string; pixels: number[] } | null>(null);
  const fixed = widths?.layout === props.layout ? widths.pixels : null;
  const some = count > 0 && items.length > 0;
  React.useLayoutEffect(() => {
    const heads = box.current?.querySelectorAll<HTMLElement>('thead th') ?? [];
    const pixels = [...heads].map(head => head.getBoundingClientRect().width).filter(width => width > 0);
    if (some && !fixed && pixels.length) {
      setWidths({ layout: props.layout, pixels });
    }
  }, [some, fixed, props.layout]);
  React.useEffect(() => {
    const again = (): void => setWidths(null);
    addEventListener('resize', again);
    return () => removeEventListener('resize', again);
  }, []);
  return (
    <div className="mj-grid" ref={box} tabIndex={0} onKeyDown={props.onKeyDown}>
      <table
        className={fixed ? 'mj-tbl mj-fixed' : 'mj-tbl'}
        role="table"
        aria-rowcount={props.total ?? count + 1}
        aria-label={props.label}
        style={fixed ? columnStyle(fixed) : undefined}
      >
        <thead role="rowgroup">{props.head}</thead>
        <tbody role="rowgroup" style={fixed ? { height: virtual.getTotalSize() } : undefined}>
          {(fixed ? items : items.slice(0, FIRST)).map(item => (
            <React.Fragment key={item.key}>{props.row(item.index, fixed ? item.start : null)}</React.Fragment>
          ))}
        </tbody>
      </table>
      {count === 0 && props.empty}
    </div>
  );
}

/** Each row is a grid of its own that no other row moves: scrolling lays out what is new, and nothing else. */
function columnStyle(widths: readonly number[]): React.CSSProperties {
  const last = widths.length - 1;
  const columns = widths.map((width, index) => (index === last ? `minmax(${width}px, 1fr)` : `${width}px`));
  const whole = Math.floor(widths.reduce((sum, width) => sum + width, 0));
  return { ['--columns' as string]: columns.join(' '), minWidth: whole };
}

/** The place of a row. */
export function rowStyle(top: number | null): React.CSSProperties {
  return top === null ? { height: ROW } : { height: ROW, top };
}
