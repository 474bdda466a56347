/** Sizes and times as people write them: `64 MiB`, `12 h`. A bare number is bytes, or seconds. */

const SIZES: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };
const TIMES: Record<string, number> = { s: 1, min: 60, h: 3600, d: 86400 };

/** Returns a size in bytes; null for none that can be understood. */
export function parseSize(text: string): number | null {
  return parse(text, SIZES, "B");
}

/** Returns a size in its largest unit that it is a whole number of. */
export function writeSize(bytes: number): string {
  return write(bytes, SIZES);
}

/** Returns a time in seconds; null for none that can be understood. */
export function parseTime(text: string): number | null {
  return parse(text, TIMES, "s");
}

/** Returns a time in its largest unit that it is a whole number of. */
export function writeTime(seconds: number): string {
  return write(seconds, TIMES);
}

function parse(text: string, units: Record<string, number>, plain: string): number | null {
  const [, number = "", unit = ""] = /^\s*(\d+(?:[.,]\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const found = Object.keys(units).find(name => name.toLowerCase() === (unit || plain).toLowerCase());
  return number === "" || found === undefined ? null : Number(number.replace(",", ".")) * (units[found] ?? 1);
}

function write(amount: number, units: Record<string, number>): string {
  const [name, size] = Object.entries(units).findLast(([, size]) => amount >= size && amount % size === 0) ?? ["", 1];
  return `${amount / size} ${name || Object.keys(units)[0]}`;
}
