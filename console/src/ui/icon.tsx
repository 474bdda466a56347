/** Drawings of 16 by 16, in strokes of the text's colour. */
const PATHS = {
  overview: "M2.5 2.500h4.500v4.500H2.500zM9 2.500h4.500v4.500H9zM2.5 9h4.500v4.500H2.500zM9 9h4.500v4.500H9z",
  keys: "M5.5 3 1.5 8l4 5M8.5 5h6M8.5 8h6M8.5 11h6",
  changes: "M1.5 8h3l2-5 3 10 2-5h3",
  transfer: "M5 13V3.500M2 6.500l3-3 3 3M11 3v9.500M8 9.500l3 3 3-3",
  chart: "M2 2v12h12M5 11V8M8 11V5M11 11V7",
  user: "M8 8a2.7 2.7 0 1 0 0-5.400A2.7 2.7 0 0 0 8 8zM2.8 14c.6-2.6 2.6-4 5.2-4s4.6 1.4 5.2 4",
  users:
    "M6 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.500C2 11.2 3.8 10 6 10s4 1.2 4.5 3.500M10.5 3.200a2.5 2.5 0 0 1 0 4.600M12 10.300c1.3.5 2.2 1.6 2.5 3.2",
  shield: "M8 1.8 13 3.700v3.800c0 3.2-2 5.5-5 6.7-3-1.2-5-3.5-5-6.700V3.700z",
  key: "M10.2 9.200a3.6 3.6 0 1 0-3.4-3.400L2 10.600V14h3.400v-2h2v-2h2zM11 5.200h.01",
  program: "M2 3h12v10H2zM4.5 6l2 2-2 2M8 10.500h3.5",
  device: "M2 3h12v8H2zM5.5 14h5M8 11v3",
  list: "M2 4h.01M5 4h9M2 8h.01M5 8h9M2 12h.01M5 12h9",
  question: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.2 6.200a1.9 1.9 0 1 1 2.7 1.700c-.6.3-.9.7-.9 1.300M8 11.300h.01",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.6 10.6 14 14",
  menu: "M2 4h12M2 8h12M2 12h12",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.5 6.5 12 13 4.5",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  left: "M10 4 6 8l4 4",
  plus: "M8 3v10M3 8h10",
  trash: "M2.5 4.500h11M6 4.500v-2h4v2M4 4.500l.7 9h6.600l.7-9M6.7 7v4M9.3 7v4",
  copy: "M5.5 5.500h8v8h-8zM10.5 5.500v-3h-8v8h3",
  edit: "M2.5 13.500h2.800l7.8-7.8-2.8-2.8-7.8 7.800zM9 4.2 11.8 7",
  save: "M2.5 2.500h8.500l2.5 2.500v8.500h-11zM5 2.500v4h5v-4M5 13.500V9.500h6v4",
  history: "M2.5 8a5.5 5.5 0 1 0 1.7-4M2.5 2.500V5H5M8 5v3.200L10 10",
  pause: "M5.5 3.500v9M10.5 3.500v9",
  play: "M5 3l7.5 5L5 13z",
  warning: "M8 2 14.5 13.500h-13zM8 6.500V10M8 11.800h.01",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.300v3.500M8 5h.01",
  sun: "M8 10.800a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.600zM8 1.500v1.500M8 13v1.500M1.5 8H3M13 8h1.500M3.4 3.400l1 1M11.6 11.600l1 1M12.6 3.400l-1 1M4.4 11.600l-1 1",
  moon: "M13.5 9.500A5.8 5.8 0 0 1 6.5 2.500a5.8 5.8 0 1 0 7 7z",
  exit: "M6 2.500H2.500v11H6M10 5l3 3-3 3M13 8H6",
  external: "M9 2.500h4.500V7M13.5 2.5 7.5 8.500M11.5 9v4.500h-9v-9H7",
  folder: "M1.5 3.500h4.500l1.5 2h7v7.500h-13z",
  file: "M3.5 1.500h6l3 3v10h-9zM9.5 1.500v3h3",
  filter: "M2 3h12l-4.7 5.500v4.500l-2.6-1.500V8.500z",
  refresh: "M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 2.500V5H11",
  image: "M2 3h12v10H2zM2 11l3.5-3.5 3 3 2-2L14 11.500M10.5 6h.01",
  database:
    "M8 6.500c3 0 5.5-.9 5.5-2.200S11 2 8 2s-5.5 1-5.5 2.300S5 6.5 8 6.500zM2.5 4.300v7.400C2.5 13 5 14 8 14s5.5-1 5.5-2.300V4.300M2.5 8c0 1.3 2.5 2.2 5.5 2.200s5.5-.9 5.5-2.2",
  settings:
    "M2 4.500h7M12 4.500h2M2 11.500h2M7 11.500h7M10.5 6.200a1.7 1.7 0 1 0 0-3.400 1.7 1.7 0 0 0 0 3.400zM5.5 13.200a1.7 1.7 0 1 0 0-3.400 1.7 1.7 0 0 0 0 3.400z",
  lock: "M3.5 7h9v6.500h-9zM5.5 7V5a2.5 2.5 0 0 1 5 0v2M8 9.500v1.500",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.500V8l2.5 1.5",
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing. It says nothing to those who do not see it: the text beside it, or the label of the button, does. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
