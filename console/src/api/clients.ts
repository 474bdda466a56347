import { request } from "./http";
import type { Part } from "./pages";

/** A service account, or an application that users sign in to. */
export interface Client {
  client_id: string;
  scopes: string[];
  created_at: string;
  public: boolean;
  redirect_uris: string[];
  first_party: boolean;
  name: string | null;
}

export interface NewClient {
  client_id: string;
  scopes?: string[];
  public?: boolean;
  redirect_uris?: string[];
  name?: string;
  /** Whether users are not asked whether they allow it. */
  first_party?: boolean;
  logo_uri?: string;
  post_logout_redirect_uris?: string[];
  backchannel_logout_uri?: string;
  require_pushed_authorization_requests?: boolean;
}

const PAGE = 50;

/** Returns clients by id. */
export async function listClients(after: string, signal?: AbortSignal): Promise<Part<Client>> {
  type Page = { clients: Client[]; next_cursor: string | null };
  const query = { cursor: after || undefined, limit: PAGE };
  const { value } = await request<Page>("authorization", "GET", "/clients", { query, ...(signal && { signal }) });
  return { entries: value.clients, next: value.next_cursor };
}

/** Creates a client. Returns its secret, which is not shown again; null for a public one, which has none. */
export async function createClient(client: NewClient): Promise<string | null> {
  type Made = { client_secret?: string | null };
  return (await request<Made>("authorization", "POST", "/clients", { body: client })).value.client_secret ?? null;
}

/** Replaces the secret of a client, and returns the new one. */
export async function replaceSecret(id: string): Promise<string> {
  type Made = { client_secret: string };
  return (await request<Made>("authorization", "POST", `/clients/${encodeURIComponent(id)}/secret`)).value.client_secret;
}

export async function deleteClient(id: string): Promise<void> {
  await request("authorization", "DELETE", `/clients/${encodeURIComponent(id)}`);
}
