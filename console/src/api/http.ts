import { configuration } from "../session/configuration";
import { accessToken, renewAfter } from "../session/tokens";
import { noteAnswer, noteSilence } from "../live/connection";
import { OfflineError, Problem } from "./problem";

export type Service = "store" | "authorization";

export interface RequestOptions {
  /** Parameters of the query; those that are undefined are left out. */
  query?: Record<string, string | number | boolean | undefined>;
  /** What is sent as JSON. */
  body?: unknown;
  /** What is sent as it is, with the `Content-Type` among `headers`. */
  content?: BodyInit;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** How the body of the answer is read; JSON by default. Numbers of JSON lose what a double cannot hold: values are read as text. */
  as?: "json" | "text" | "blob" | "response";
}

export interface Answer<T> {
  value: T;
  status: number;
  /** The entity tag as it was sent, with its quotes, for `If-Match`; null without one. */
  etag: string | null;
  headers: Headers;
}

/**
 * Sends a request with the user's token, which is renewed once if the service does not accept it.
 *
 * Throws a Problem that has what the service says; OfflineError if none answers; SignedOutError if the session has ended.
 */
export async function request<T>(
  service: Service,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer<T>> {
  const token = await accessToken();
  let response = await send(service, method, path, options, token);
  if (response.status === 401) {
    response = await send(service, method, path, options, await renewAfter(token));
  }
  if (!response.ok && response.status !== 304) {
    throw new Problem(response.status, await readProblem(response));
  }
  return {
    value: (await readBody(response, options.as ?? "json")) as T,
    status: response.status,
    etag: response.headers.get("ETag"),
    headers: response.headers,
  };
}

/** Returns the address of a path of a service, with this query. */
export function address(service: Service, path: string, query: RequestOptions["query"] = {}): string {
  const origin = service === "store" ? configuration().store : configuration().authorization;
  const given = Object.entries(query).filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return origin + path + (given.length > 0 ? `?${search}` : "");
}

async function send(service: Service, method: string, path: string, options: RequestOptions, token: string): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${token}`, ...options.headers };
  let body = options.content;
  if (options.body !== undefined) {
    body = JSON.stringify(options.body);
    headers["Content-Type"] ??= "application/json";
  }
  try {
    const response = await fetch(address(service, path, options.query), {
      method,
      headers,
      body: body ?? null,
      signal: options.signal ?? null,
      cache: "no-store",
      credentials: "omit",
    });
    noteAnswer();
    return response;
  } catch (error) {
    if (options.signal?.aborted) {
      throw error;
    }
    noteSilence();
    throw new OfflineError();
  }
}

async function readBody(response: Response, as: NonNullable<RequestOptions["as"]>): Promise<unknown> {
  if (as === "response") {
    return response;
  }
  if (as === "blob") {
    return await response.blob();
  }
  const text = await response.text();
  return as === "text" ? text : text === "" ? null : (JSON.parse(text) as unknown);
}

async function readProblem(response: Response): Promise<Record<string, unknown>> {
  try {
    return (await response.json()) as Record<string, unknown>;
  } catch {
    return { title: response.statusText };
  }
}
