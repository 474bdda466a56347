/** What the service says of itself to its console. */
export interface Configuration {
  /** The issuer of tokens, as it names itself in them. */
  issuer: string;
  /** Where the authorization service is, without a slash at the end. */
  authorization: string;
  /** Where the key-value service is, without a slash at the end: where this page comes from. */
  store: string;
  client_id: string;
  version: string;
}

let known: Configuration | null = null;

/** Fetches the configuration; everything else needs it. */
export async function loadConfiguration(): Promise<Configuration> {
  const response = await fetch(new URL("./-/configuration.json", document.baseURI), { credentials: "same-origin" });
  if (!response.ok) {
    throw new Error(`configuration: HTTP ${response.status}`);
  }
  const read = (await response.json()) as Omit<Configuration, "store">;
  known = { ...read, store: new URL("..", document.baseURI).href.replace(/\/$/, "") };
  return known;
}

export function configuration(): Configuration {
  if (known === null) {
    throw new Error("the configuration is not loaded");
  }
  return known;
}
