// Requests to the interface, with the tokens of this tab: they are in memory, and gone when it is closed.

const base = "/api/v1";
let tokens = null;
let refreshing = null;

export class Problem extends Error {
  constructor(status, members) {
    const rules = (members.errors || []).map((each) => each.message).join(" ");
    super(rules || members.detail || members.title || `The server answered with ${status}.`);
    this.status = status;
  }
}

export const isSignedIn = () => tokens !== null;

export function signOut() {
  tokens = null;
}

export async function signIn(username, password) {
  tokens = await read(await send("POST", "/sessions", { username, password }));
}

export async function register(username, password, name) {
  await read(await send("POST", "/users", { username, password, name }));
}

export async function request(method, path, body) {
  return read(await authorized(method, path, body));
}

// Sends with the access token; a refused one is refreshed once.
export async function authorized(method, path, body, options = {}) {
  let response = await send(method, path, body, options);
  if (response.status === 401 && tokens) {
    await refresh();
    response = await send(method, path, body, options);
  }
  return response;
}

async function refresh() {
  refreshing ??= (async () => {
    try {
      tokens = await read(await send("POST", "/sessions/refresh", { refresh_token: tokens.refresh_token }));
    } finally {
      refreshing = null;
    }
  })();
  return refreshing;
}

async function send(method, path, body, options = {}) {
  const headers = { ...options.headers };
  if (tokens) headers.Authorization = `Bearer ${tokens.access_token}`;
  const isForm = body instanceof FormData;
  if (body && !isForm) headers["Content-Type"] = "application/json";
  return fetch(base + path, { ...options, method, headers, body: isForm ? body : body && JSON.stringify(body) });
}

async function read(response) {
  if (response.status === 204) return null;
  const members = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, members);
  return members;
}

// Calls `handle(kind, data)` for each event of a stream, and goes on after the last one when it is cut. Ends with `signal`.
export async function follow(path, signal, handle, showState) {
  let last = null;
  while (!signal.aborted) {
    try {
      const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
      const response = await authorized("GET", path, undefined, { headers, signal });
      if (!response.ok) throw new Problem(response.status, {});
      showState(true);
      for await (const event of parse(response.body)) {
        last = event.id || last;
        handle(event.event, JSON.parse(event.data));
      }
    } catch (error) {
      if (signal.aborted) return;
    }
    showState(false);
    await new Promise((done) => setTimeout(done, 1000));
  }
}

async function* parse(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split(/\r?\n\r?\n/);
    rest = parts.pop();
    for (const part of parts) {
      const fields = {};
      for (const line of part.split(/\r?\n/)) {
        const [name, text] = line.split(/: ?(.*)/s);
        if (name) fields[name] = text;
      }
      if (fields.data) yield fields;
    }
  }
}
