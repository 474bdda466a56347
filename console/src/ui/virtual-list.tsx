import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props extends Omit<JSX.IntrinsicElements["div"], "children" | "ref"> {
  /** How many rows there are. */
  count: number;
  /** The height of each, in pixels. */
  rowHeight: number;
  /** Renders a row. With `slot` as its key, it gets the elements of one that has left, which saves most of the work of scrolling. */
  row: (index: number, slot: number) => ComponentChildren;
  /** Called with the first row that is shown and the one behind the last, when they change: to read what is missing. */
  onRange?: (first: number, behind: number) => void;
}

/** How far a list is scrolled, its height, and how many rows beyond those in sight are wanted. */
interface Place {
  top: number;
  height: number;
  beyond: number;
}

/** The rows that are elements, and how many pixels they are from the top of all. */
interface View {
  first: number;
  behind: number;
  shift: number;
}

const BEYOND = 8;
/** Rows come and go so many at a time: between, scrolling takes no script. */
const STEP = 4;
/** After a jump, rows in sight are drawn at once, and those beyond them when so much time has passed without another. */
const REST_MILLISECONDS = 80;
/** Browsers lay out no element that is higher than some 33 million pixels; Firefox ends at 17. */
const MAX_HEIGHT = 10_000_000;

/**
 * A list of rows of equal height, of which only those in sight are elements, so that a million cost as much as a hundred. Where all rows
 * together would be higher than a browser can lay out, the scroll bar stands for their share.
 */
export function VirtualList({ count, rowHeight, row, onRange, class: more, ...rest }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<Place>({ top: 0, height: 0, beyond: BEYOND });
  const view = findView(place, count, rowHeight);
  const latest = useRef({ view, count, rowHeight });
  latest.current = { view, count, rowHeight };

  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) {
      return undefined;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      const { view: before, count: rows, rowHeight: height } = latest.current;
      const present = { top: element.scrollTop, height: element.clientHeight, beyond: 0 };
      const inSight = findView(present, rows, height);
      const isJump = inSight.first >= before.behind || inSight.behind <= before.first;
      const next = isJump ? present : { ...present, beyond: BEYOND };
      clearTimeout(timer);
      if (isJump) {
        timer = setTimeout(look, REST_MILLISECONDS);
      }
      setPlace(known => (known.height === next.height && isSame(findView(next, rows, height), before) ? known : next));
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);

  const { first, behind, shift } = view;
  useLayoutEffect(() => onRange?.(first, behind), [first, behind, count]);

  const slots = Math.ceil(place.height / rowHeight) + 2 * (BEYOND + STEP) + 1;
  const rows: ComponentChildren[] = [];
  for (let index = first; index < behind; index += 1) {
    rows.push(row(index, index % slots));
  }
  return (
    <div {...rest} class={["virtual-list", typeof more === "string" ? more : ""].filter(Boolean).join(" ")} ref={frame}>
      <div class="whole" style={{ height: `${layOut(count * rowHeight, place.height).laidOut}px` }}>
        <div class="window" style={{ transform: `translateY(${shift}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}

function findView({ top, height, beyond }: Place, count: number, rowHeight: number): View {
  const offset = top * layOut(count * rowHeight, height).share;
  const first = Math.max(0, Math.floor(offset / rowHeight) - beyond);
  const behind = Math.ceil((offset + height) / rowHeight) + beyond;
  const from = first - (first % STEP);
  return { first: from, behind: Math.min(count, Math.ceil(behind / STEP) * STEP), shift: from * rowHeight - offset + top };
}

function isSame(one: View, other: View): boolean {
  return one.first === other.first && one.behind === other.behind && one.shift === other.shift;
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
