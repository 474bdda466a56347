// The page: signs in, posts, follows, likes, and shows the feed as it happens.

import * as api from "./api.js";

const find = (selector, within = document) => within.querySelector(selector);
const feed = find("#feed");
let me = null;
let sort = "time";
let cursor = null;
let following = null;

function show(error) {
  const message = find("#message");
  message.textContent = error ? error.message : "";
  message.hidden = !error;
}

// Runs what a person asked for, and shows what went wrong.
const attempt = (action) => async (event) => {
  event?.preventDefault();
  show(null);
  try {
    await action(event);
  } catch (error) {
    show(error);
    if (error.status === 401) leave();
  }
};

function leave() {
  api.signOut();
  following?.abort();
  me = null;
  render();
}

function render() {
  find("#sign-in").hidden = me !== null;
  find("#signed-in").hidden = me === null;
  find("#who").hidden = me === null;
  find("#who-name").textContent = me ? me.name : "";
  if (!me) find("#sign-in [name=username]").focus();
}

async function enter() {
  me = await api.request("GET", "/me");
  render();
  await Promise.all([load(), listPeople()]);
  following = new AbortController();
  api.follow("/feed/events", following.signal, take, (isLive) => {
    find("#live").textContent = isLive ? "● live" : "○ reconnecting";
  });
}

function take(kind, data) {
  const shown = find(`[data-id="${data.id}"]`, feed);
  if (kind === "deleted") shown?.remove();
  else if (!shown && sort === "time") feed.prepend(renderTweet(data));
  find("#empty").hidden = feed.children.length > 0;
}

async function load(isNext = false) {
  const place = isNext ? `&cursor=${encodeURIComponent(cursor)}` : "";
  const page = await api.request("GET", `/feed?sort=${sort}${place}`);
  if (!isNext) feed.replaceChildren();
  feed.append(...page.items.map(renderTweet));
  cursor = page.next_cursor;
  find("#more").hidden = cursor === null;
  find("#empty").hidden = feed.children.length > 0;
}

function renderTweet(tweet) {
  const item = find("#tweet").content.cloneNode(true).firstElementChild;
  item.dataset.id = tweet.id;
  find(".name", item).textContent = tweet.author.name;
  find(".username", item).textContent = `@${tweet.author.username}`;
  const time = find("time", item);
  time.dateTime = tweet.created_at;
  time.textContent = new Date(tweet.created_at).toLocaleString();
  find(".text", item).textContent = tweet.text;
  for (const path of tweet.media) {
    const image = document.createElement("img");
    image.src = path;
    image.alt = `Image of a tweet by ${tweet.author.name}`;
    find(".media", item).append(image);
  }
  const like = find(".like", item);
  const showLikes = () => {
    find(".likes", item).textContent = tweet.likes;
    like.ariaPressed = tweet.is_liked;
    like.ariaLabel = tweet.is_liked ? `Unlike, ${tweet.likes} likes` : `Like, ${tweet.likes} likes`;
  };
  showLikes();
  like.addEventListener("click", attempt(async () => {
    await api.request(tweet.is_liked ? "DELETE" : "PUT", `/tweets/${tweet.id}/likes/me`);
    Object.assign(tweet, await api.request("GET", `/tweets/${tweet.id}`));
    showLikes();
  }));
  const remove = find(".delete", item);
  remove.hidden = tweet.author.id !== me.id;
  remove.addEventListener("click", attempt(async () => {
    await api.request("DELETE", `/tweets/${tweet.id}`);
    item.remove();
  }));
  return item;
}

async function listPeople() {
  const prefix = find("#find [name=prefix]").value.trim();
  const list = find("#people");
  if (!prefix) return list.replaceChildren();
  const page = await api.request("GET", `/users?limit=5&prefix=${encodeURIComponent(prefix)}`);
  list.replaceChildren(...(await Promise.all(page.items.filter((user) => user.id !== me.id).map(renderPerson))));
}

async function renderPerson(person) {
  const details = await api.request("GET", `/users/${encodeURIComponent(person.id)}`);
  const item = document.createElement("li");
  const button = document.createElement("button");
  const name = document.createElement("span");
  name.textContent = `${person.name} @${person.username}`;
  const showFollowing = () => {
    button.textContent = details.is_followed ? "Unfollow" : "Follow";
    button.ariaLabel = `${button.textContent} ${person.name}`;
  };
  showFollowing();
  button.type = "button";
  button.addEventListener("click", attempt(async () => {
    await api.request(details.is_followed ? "DELETE" : "PUT", `/users/${encodeURIComponent(person.id)}/followers/me`);
    details.is_followed = !details.is_followed;
    showFollowing();
    await load();
  }));
  item.append(name, button);
  return item;
}

find("#sign-in").addEventListener("submit", attempt(async (event) => {
  const fields = Object.fromEntries(new FormData(event.target));
  if (!find("#name-label").hidden) await api.register(fields.username, fields.password, fields.name);
  await api.signIn(fields.username, fields.password);
  event.target.reset();
  await enter();
}));

find("#new-here").addEventListener("click", () => {
  const label = find("#name-label");
  label.hidden = !label.hidden;
  find("input", label).required = !label.hidden;
  find("#sign-in [name=password]").autocomplete = label.hidden ? "current-password" : "new-password";
  find("#sign-in [type=submit]").textContent = label.hidden ? "Sign in" : "Register";
  find("#new-here").textContent = label.hidden ? "I am new here" : "I have been here before";
});

find("#post").addEventListener("submit", attempt(async (event) => {
  const form = new FormData(event.target);
  const media = [];
  if (form.get("file").size) {
    const upload = new FormData();
    upload.append("file", form.get("file"));
    media.push((await api.request("POST", "/media", upload)).id);
  }
  const tweet = await api.request("POST", "/tweets", { text: form.get("text"), media });
  event.target.reset();
  find("#left").textContent = "280";
  take("posted", tweet);
}));

find("#post [name=text]").addEventListener("input", (event) => {
  find("#left").textContent = 280 - [...event.target.value].length;
});

let typing;
find("#find").addEventListener("submit", attempt(listPeople));
find("#find [name=prefix]").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(attempt(listPeople), 150);
});

for (const button of document.querySelectorAll("nav [data-sort]")) {
  button.addEventListener("click", attempt(async () => {
    sort = button.dataset.sort;
    for (const each of document.querySelectorAll("nav [data-sort]")) each.ariaPressed = each === button;
    await load();
  }));
}

find("#more").addEventListener("click", attempt(() => load(true)));
find("#sign-out").addEventListener("click", leave);
render();
