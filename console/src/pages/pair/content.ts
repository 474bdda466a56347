import type { Content } from "../../api/pairs";

/** Returns bytes as text, if their type says that they are text and they are UTF-8; null otherwise. */
export function asText(mediaType: string, bytes: Uint8Array): string | null {
  if (!/^text\/|[/+](json|xml|yaml|toml|javascript|x-sh)\b/i.test(mediaType)) {
    return null;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Returns a value as text, to compare it or to go on from it. */
export function textOf(content: Content): string {
  return content.kind === "json" ? content.text : new TextDecoder().decode(content.bytes);
}

/** Returns the value of the same kind with another text. */
export function withText(content: Content, text: string): Content {
  return content.kind === "json" ? { kind: "json", text } : { ...content, bytes: new TextEncoder().encode(text) };
}

/** Returns why a text is no JSON; null if it is. */
export function findFault(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
