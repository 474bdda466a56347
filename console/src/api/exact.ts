/** JSON whose numbers keep their digits: a double holds no 12345678901234567890, and makes 1.0 of a stored 1.0 the number 1. */

type Reviver = (name: string, value: unknown, context?: { source?: string }) => unknown;
type RawJson = { rawJSON?: (text: string) => unknown };

/** Parses JSON so that `JSON.stringify` gives back the same digits. Browsers without JSON.rawJSON keep what a double holds. */
export function parseExactly<T>(text: string): T {
  const { rawJSON } = JSON as RawJson;
  const keep: Reviver = (_, value, context) =>
    typeof value === "number" && context?.source !== undefined && rawJSON !== undefined && String(value) !== context.source
      ? rawJSON(context.source)
      : value;
  return JSON.parse(text, keep as (this: unknown, name: string, value: unknown) => unknown) as T;
}

/** Lays JSON text out in lines. Digits, the order of members and repeated ones stay as they are; what is no JSON comes back unchanged. */
export function layOut(text: string): string {
  let depth = 0;
  let out = "";
  const newLine = () => `\n${"  ".repeat(depth)}`;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs) ?? [];
  for (const [at, token] of tokens.entries()) {
    if (token === "{" || token === "[") {
      depth += 1;
      const isEmpty = tokens[at + 1] === (token === "{" ? "}" : "]");
      out += isEmpty ? token : token + newLine();
    } else if (token === "}" || token === "]") {
      depth = Math.max(0, depth - 1);
      const isEmpty = tokens[at - 1] === (token === "}" ? "{" : "[");
      out += isEmpty ? token : newLine() + token;
    } else {
      out += token === "," ? token + newLine() : token === ":" ? ": " : token;
    }
  }
  return out;
}
