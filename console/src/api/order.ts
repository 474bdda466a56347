/** Compares keys as the service orders them: by code points, which UTF-16 differs from beyond U+FFFF. */
export function compareKeys(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const [a, b] = [one.charCodeAt(at), other.charCodeAt(at)];
    if (a !== b) {
      const isPair = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
      return isPair(a) === isPair(b) ? a - b : isPair(a) ? 1 : -1;
    }
  }
  return one.length - other.length;
}

/** Returns where an item with this key stands, or would stand, in a list in the order of keys; in reverse with `reverse`. */
export function findPlace<Item>(items: readonly Item[], key: string, keyOf: (item: Item) => string, reverse: boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareKeys(keyOf(items[middle] as Item), key);
    if (reverse ? order > 0 : order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
