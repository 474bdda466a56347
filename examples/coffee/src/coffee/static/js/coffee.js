// The page: coffees with their reviews, and a live chat.

import * as api from "./api.js";
import { showChat, leaveChat, listRooms } from "./chat.js";
import { attempt, fieldsOf, find, makeButton, makeItem, on, setLeave, stars } from "./elements.js";

let me = null;
let cursor = null;
let coffee = null;
let watching = null;

function leave() {
  api.forget();
  leaveChat();
  clearInterval(watching);
  me = coffee = null;
  render();
}

function render() {
  find("#sign-in").hidden = me !== null;
  find("#signed-in").hidden = find("#who").hidden = me === null;
  find("#notifications").hidden ||= me === null;
  find("#coffee").hidden = coffee === null;
  find("#open-room").hidden = coffee === null;
  find("#who-name").textContent = me ? `${me.name} (${me.role})` : "";
  find("#add-coffee").hidden = !me || me.role === "member";
}

const isModerator = () => ["moderator", "administrator"].includes(me.role);

async function enter() {
  me = await api.request("GET", "/users/me");
  render();
  await Promise.all([listCoffees(), listNotifications(), listRooms()]);
  await showChat(me, isModerator());
  watching = setInterval(() => listNotifications().catch(() => {}), 5000);
}

async function listCoffees(isNext = false) {
  const params = new URLSearchParams({ ...fieldsOf(find("#find")), limit: 10 });
  if (isNext) params.set("cursor", cursor);
  const page = await api.request("GET", `/coffees?${params}`);
  if (!isNext) find("#coffees").replaceChildren();
  for (const each of page.items) {
    const button = makeButton("", async () => {
      await showCoffee(each.id);
      find("#coffee-title").scrollIntoView({ block: "nearest" }); // on a telephone, it is below the list
    });
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = `${each.name}, ${each.origin}`;
    const rating = document.createElement("span");
    rating.className = "stars";
    rating.textContent = each.rating === null ? "not rated" : `★ ${each.rating.toFixed(1)} (${each.rating_count})`;
    button.replaceChildren(name, rating);
    button.dataset.coffee = each.id;
    const item = document.createElement("li");
    item.append(button);
    find("#coffees").append(item);
  }
  cursor = page.next_cursor;
  find("#more").hidden = cursor === null;
  find("#no-coffee").hidden = find("#coffees").children.length > 0;
  markCoffee();
}

function markCoffee() {
  for (const button of document.querySelectorAll("#coffees button")) button.ariaCurrent = button.dataset.coffee === coffee?.id;
}

async function showCoffee(id) {
  const path = `/coffees/${id}`;
  const hidden = api.request("GET", `${path}/reviews?status=hidden`);
  const [found, page] = await Promise.all([api.request("GET", path), api.request("GET", `${path}/reviews`)]);
  coffee = found;
  find("#coffee-title").textContent = found.name;
  const average = found.rating === null ? "not rated yet" : `${found.rating.toFixed(2)} of 5, ${found.rating_count} reviews`;
  find("#coffee-facts").textContent = `${found.origin}, ${found.roast} roast; ${average}`;
  find("#coffee-description").textContent = found.description;
  const reviews = [...page.items, ...(await hidden).items];
  find("#reviews").replaceChildren(...reviews.map((review) => renderReview(path, review)));
  render();
  markCoffee();
}

function renderReview(path, review) {
  const own = `${path}/reviews/${review.id}`;
  const again = async () => {
    await showCoffee(review.coffee);
    await listCoffees();
  };
  const buttons = [];
  if (isModerator()) {
    const status = review.status === "hidden" ? "published" : "hidden";
    buttons.push(makeButton(status === "hidden" ? "Hide" : "Publish", async () => {
      await api.request("PUT", `${own}/moderation`, { status });
      await again();
    }, "small"));
  } else if (review.author === me.id) {
    buttons.push(makeButton("Delete", async () => {
      await api.request("DELETE", own);
      await again();
    }, "small"));
  }
  return makeItem(review.author_name, `${stars(review.rating)} ${review.text}${review.status === "hidden" ? " (hidden)" : ""}`, ...buttons);
}

async function listNotifications() {
  const page = await api.request("GET", "/notifications?is_read=false&limit=100");
  find("#unread").textContent = page.items.length || "";
  find("#notifications ul").replaceChildren(...page.items.map((each) => makeItem(
    each.kind === "message" ? "New message" : "New review", each.text, makeButton("Read", async () => {
      await api.request("PUT", `/notifications/${each.id}/read`);
      await listNotifications();
    }, "small"))));
  find("#notifications .empty").hidden = page.items.length > 0;
}

setLeave(leave);
on("#sign-in", "submit", async (event) => {
  const fields = fieldsOf(event.target);
  if (!find("#name-label").hidden) await api.register(fields);
  await api.signIn(fields.username, fields.password);
  event.target.reset();
  await enter();
});
on("#new-here", "click", () => {
  const label = find("#name-label");
  label.hidden = !label.hidden;
  find("input", label).required = !label.hidden;
  find("#sign-in [name=password]").autocomplete = label.hidden ? "current-password" : "new-password";
  find("#sign-in [type=submit]").textContent = label.hidden ? "Sign in" : "Register";
  find("#new-here").textContent = label.hidden ? "I am new here" : "I have been here before";
});
on("#show-notifications", "click", async () => {
  const list = find("#notifications");
  list.hidden = !list.hidden;
  find("#show-notifications").ariaExpanded = !list.hidden;
  if (!list.hidden) await listNotifications();
});
on("#sign-out", "click", leave);
on("#find", "submit", () => listCoffees());
on("#find", "input", () => listCoffees());
on("#more", "click", () => listCoffees(true));
on("#add-coffee", "submit", async (event) => {
  const added = await api.request("POST", "/coffees", fieldsOf(event.target));
  event.target.reset();
  await listCoffees();
  await showCoffee(added.id);
});
on("#review", "submit", async (event) => {
  const { rating, text } = fieldsOf(event.target);
  await api.request("POST", `/coffees/${coffee.id}/reviews`, { rating: Number(rating), text });
  event.target.reset();
  await showCoffee(coffee.id);
  await listCoffees();
});
on("#open-room", "click", async () => {
  const rooms = await api.request("GET", `/rooms?coffee=${encodeURIComponent(coffee.id)}`);
  const room = rooms.items[0] || await api.request("POST", "/rooms", { topic: coffee.name, coffee: coffee.id });
  await listRooms(room);
  await showChat(me, isModerator());
});
render();
attempt(() => find("#sign-in [name=username]").focus())();
