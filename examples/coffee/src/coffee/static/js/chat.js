// The chat: one room at a time, live, and complete after the connection was cut.

import * as api from "./api.js";
import { fieldsOf, find, makeButton, makeItem, on } from "./elements.js";

let following = null;
let socket = null;
let reopen = null;

export function leaveChat() {
  following?.abort();
  following = socket = null;
}

// Fills the choice of rooms; `chosen` is one that may not be among the first.
export async function listRooms(chosen = null) {
  const select = find("#choose-room select");
  const { items } = await api.request("GET", "/rooms?limit=100");
  if (chosen && !items.some((room) => room.id === chosen.id)) items.push(chosen);
  select.replaceChildren(...items.map((room) => new Option(room.topic, room.id)));
  if (chosen) select.value = chosen.id;
}

export async function showChat(me, isModerator) {
  leaveChat();
  reopen = () => showChat(me, isModerator);
  const room = find("#choose-room select").value;
  const path = `/rooms/${encodeURIComponent(room)}/messages`;
  const messages = find("#messages");
  const { signal } = (following = new AbortController());
  const page = await api.request("GET", `${path}?limit=50`);
  if (signal.aborted) return;
  let last = page.items.length ? page.items[0].number : 0;
  const render = (message) => {
    const isMine = message.author === me.id || isModerator;
    const buttons = isMine ? [makeButton("Remove", () => api.request("DELETE", `${path}/${message.number}`), "small")] : [];
    const item = makeItem(message.author_name, message.text, ...buttons);
    item.dataset.number = message.number;
    return item;
  };
  const take = (type, data) => {
    if (type === "presence") {
      find("#names").textContent = `Here: ${data.map((each) => each.name).join(", ")}`;
      return;
    }
    last = data.number;
    if (type === "removal") find(`[data-number="${data.message}"]`, messages)?.remove();
    else if (data.text !== null) messages.append(render(data));
    messages.scrollTop = messages.scrollHeight;
  };
  messages.replaceChildren(...page.items.reverse().map(render));
  messages.scrollTop = messages.scrollHeight;
  find("#names").textContent = "";
  api.followRoom(room, () => last, signal, take, (isLive, connection = null) => {
    if (signal.aborted) return;
    socket = isLive ? connection : null;
    find("#live").textContent = isLive ? "● live" : "○ reconnecting";
  });
}

on("#choose-room", "submit", () => reopen?.());
on("#choose-room", "change", () => reopen?.());
on("#say", "submit", async (event) => {
  const { text } = fieldsOf(event.target);
  if (socket) api.say(socket, text);
  else await api.request("POST", `/rooms/${encodeURIComponent(find("#choose-room select").value)}/messages`, { text });
  event.target.reset();
});
