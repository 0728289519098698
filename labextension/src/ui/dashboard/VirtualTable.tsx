/** A table of any length: only the rows that can be seen are in the page. */
import { useVirtualizer } from '@tanstack/react-virtual';
import * as React from 'react';

export const ROW = 33;

export interface IVirtualTableProps {
  count: number;
  head: React.ReactNode;
  row: (index: number) => React.ReactElement;
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
  const whole = fixed?.reduce((sum, width) => sum + width, 0) ?? 0;
  const above = items.length ? items[0].start : 0;
  const below = items.length ? virtual.getTotalSize() - items[items.length - 1].end : 0;
  return (
    <div className="mj-grid" ref={box} tabIndex={0} onKeyDown={props.onKeyDown}>
      <table
        className="mj-tbl"
        aria-rowcount={props.total ?? count + 1}
        aria-label={props.label}
        style={fixed ? { tableLayout: 'fixed', width: `max(100%, ${Math.floor(whole)}px)` } : undefined}
      >
        {fixed && (
          <colgroup>
            {fixed.map((width, index) => (
              <col key={index} style={{ width }} />
            ))}
          </colgroup>
        )}
        <thead>{props.head}</thead>
        <tbody>
          {above > 0 && <tr aria-hidden="true" style={{ height: above }} />}
          {items.map(item => (
            <React.Fragment key={item.key}>{props.row(item.index)}</React.Fragment>
          ))}
          {below > 0 && <tr aria-hidden="true" style={{ height: below }} />}
        </tbody>
      </table>
      {count === 0 && props.empty}
    </div>
  );
}
