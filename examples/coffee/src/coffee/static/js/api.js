// Requests, with the tokens of this tab: they are in memory, and gone when it is closed.

const base = "/api/v1";
let tokens = null;
let refreshing = null;

export class Problem extends Error {
  constructor(status, members) {
    super((members.errors || []).map((each) => `${each.field}: ${each.message}`).join(" ") || members.detail || members.title);
    this.status = status;
  }
}

export const forget = () => { tokens = null; };

export async function signIn(username, password) {
  tokens = await answer(await send("POST", "/auth/login", { username, password }));
}

export const register = async (fields) => answer(await send("POST", "/auth/register", fields));

export async function request(method, path, body) {
  const used = tokens;
  let response = await send(method, path, body);
  if (response.status === 401 && used) {
    await refresh(used);
    response = await send(method, path, body);
  }
  return answer(response);
}

// Calls `handle(type, data)` for what happens in a room, after the entry `last()`. It reconnects until `signal` is aborted.
export async function followRoom(room, last, signal, handle, showState) {
  while (!signal.aborted) {
    const code = await listen(room, last(), signal, handle, showState);
    showState(false);
    if (signal.aborted) return;
    if (code === 4401) await refresh(tokens).catch(() => {});
    await new Promise((done) => setTimeout(done, 1000));
  }
}

export function say(socket, text) {
  socket.send(JSON.stringify({ type: "post", text }));
}

function listen(room, after, signal, handle, showState) {
  return new Promise((done) => {
    const address = new URL(`${base}/rooms/${encodeURIComponent(room)}/socket`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    const close = () => socket.close();
    signal.addEventListener("abort", close);
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify({ type: "authenticate", access_token: tokens?.access_token || "", after }));
    });
    socket.addEventListener("message", (event) => {
      if (signal.aborted) return;
      const { type, data } = JSON.parse(event.data);
      showState(true, socket);
      handle(type, data);
    });
    socket.addEventListener("close", (event) => {
      signal.removeEventListener("abort", close);
      done(event.code);
    });
  });
}

async function refresh(used) {
  if (used !== tokens) return;
  refreshing ??= (async () => {
    try {
      tokens = await answer(await send("POST", "/auth/refresh", { refresh_token: used.refresh_token }));
    } finally {
      refreshing = null;
    }
  })();
  await refreshing;
}

function send(method, path, body) {
  const headers = { ...(tokens && { Authorization: `Bearer ${tokens.access_token}` }), ...(body && { "Content-Type": "application/json" }) };
  return fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
}

async function answer(response) {
  if (response.status === 204) return null;
  const members = await response.json().catch(() => ({ title: `The server answered with ${response.status}.` }));
  if (!response.ok) throw new Problem(response.status, members);
  return members;
}
