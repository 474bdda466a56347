import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props extends Omit<JSX.IntrinsicElements["div"], "children" | "ref"> {
  /** How many rows there are. */
  count: number;
  /** The height of each, in pixels. */
  rowHeight: number;
  row: (index: number) => ComponentChildren;
  /** Called with the first row that is shown and the one behind the last, when they change: to read what is missing. */
  onRange?: (first: number, behind: number) => void;
}

const BEYOND = 8;
/** Browsers lay out no element that is higher than some 33 million pixels; Firefox ends at 17. */
const MAX_HEIGHT = 10_000_000;

/**
 * A list of rows of equal height, of which only those in sight are elements, so that a million cost as much as a hundred. Where all rows
 * together would be higher than a browser can lay out, the scroll bar stands for their share.
 */
export function VirtualList({ count, rowHeight, row, onRange, class: more, ...rest }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const [{ top, height }, setView] = useState({ top: 0, height: 0 });

  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) {
      return undefined;
    }
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);

  const { laidOut, share } = layOut(count * rowHeight, height);
  const offset = top * share;
  const first = Math.max(0, Math.floor(offset / rowHeight) - BEYOND);
  const behind = Math.min(count, Math.ceil((offset + height) / rowHeight) + BEYOND);
  useLayoutEffect(() => onRange?.(first, behind), [first, behind, count]);

  const rows: ComponentChildren[] = [];
  for (let index = first; index < behind; index += 1) {
    rows.push(row(index));
  }
  return (
    <div {...rest} class={["virtual-list", typeof more === "string" ? more : ""].filter(Boolean).join(" ")} ref={frame}>
      <div class="whole" style={{ height: `${laidOut}px` }}>
        <div class="window" style={{ transform: `translateY(${first * rowHeight - offset + top}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}

/** Returns the height that all rows are given together, and how many pixels of rows one pixel of the scroll bar stands for. */
function layOut(whole: number, height: number): { laidOut: number; share: number } {
  const laidOut = Math.min(whole, MAX_HEIGHT);
  return { laidOut, share: whole > laidOut && laidOut > height ? (whole - height) / (laidOut - height) : 1 };
}

/** Scrolls a list as little as it takes for a row to be in sight. */
export function showRow(list: HTMLElement, index: number, count: number, rowHeight: number): void {
  const height = list.clientHeight;
  const { share } = layOut(count * rowHeight, height);
  const offset = list.scrollTop * share;
  const [above, below] = [index * rowHeight, (index + 1) * rowHeight - height];
  if (offset > above || offset < below) {
    list.scrollTop = (offset > above ? above : below) / share;
  }
}
