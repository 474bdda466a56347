// The page: users, their contacts and groups. The access token is in memory, and gone when the tab is closed.

const base = "/api/v1";
const find = (selector) => document.querySelector(selector);
let token = null;
let cursor = null;
let user = null;

async function request(method, path, body) {
  const headers = { ...(token && { Authorization: `Bearer ${token}` }), ...(body && { "Content-Type": "application/json" }) };
  const response = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
  if (response.status === 204) return null;
  const members = await response.json().catch(() => ({}));
  if (response.ok) return members;
  if (response.status === 401 && token) leave();
  const rules = (members.errors || []).map((each) => `${each.field}: ${each.message}`).join(" ");
  throw new Error(rules || members.detail || members.title || `The server answered with ${response.status}.`);
}

function show(error) {
  find("#message").textContent = error ? error.message : "";
  find("#message").hidden = !error;
}

const attempt = (action) => async (event) => {
  event?.preventDefault();
  show(null);
  try {
    await action(event);
  } catch (error) {
    show(error);
  }
};

const on = (selector, kind, action) => find(selector).addEventListener(kind, attempt(action));
const fieldsOf = (event) => Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value !== ""));

function leave() {
  token = user = null;
  render();
}

function render() {
  find("#sign-in").hidden = token !== null;
  find("#signed-in").hidden = find("#sign-out").hidden = token === null;
  find("#user").hidden = user === null;
  if (token === null) find("#sign-in [name=username]").focus();
}

function makeItem(text, note, ...buttons) {
  const item = document.createElement("li");
  const label = document.createElement("span");
  label.textContent = text;
  const more = document.createElement("span");
  more.className = "note";
  more.textContent = note;
  item.append(label, more, ...buttons);
  return item;
}

function makeButton(text, action) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.addEventListener("click", attempt(action));
  return button;
}

const nameOf = (each) => [each.first_name, each.last_name].filter(Boolean).join(" ");

async function listUsers(isNext = false) {
  const params = new URLSearchParams([...new FormData(find("#find"))].filter(([, value]) => value !== ""));
  if (isNext) params.set("cursor", cursor);
  const page = await request("GET", `/users/?${params}`);
  if (!isNext) find("#users").replaceChildren();
  for (const each of page.items) {
    const item = document.createElement("li");
    const note = document.createElement("span");
    note.className = "note";
    note.textContent = each.is_active ? nameOf(each) : `${nameOf(each)} (deactivated)`;
    item.append(makeButton(each.username, async () => {
      await showUser(each.id);
      find("#user-title").scrollIntoView({ block: "nearest" }); // on a telephone, it is below the list
    }), note);
    find("#users").append(item);
  }
  cursor = page.next_cursor;
  find("#more").hidden = cursor === null;
  find("#empty").hidden = find("#users").children.length > 0;
}

async function showUser(id) {
  const path = `/users/${id}`;
  const [found, contacts, groups, all] = await Promise.all([
    request("GET", `${path}/`), request("GET", `${path}/contacts/?limit=100`), request("GET", `${path}/groups/?limit=100`), request("GET", "/groups/?limit=100"),
  ]);
  user = found;
  find("#user-title").textContent = `${nameOf(user)} (${user.username})`;
  find("#user-facts").textContent = `${user.is_active ? "Active" : "Deactivated"}; profile ${JSON.stringify(user.profile)}`;
  find("#toggle").textContent = user.is_active ? "Deactivate" : "Activate";
  find("#contacts").replaceChildren(...contacts.items.map((contact) => {
    const change = (method, body) => async () => {
      await request(method, `${path}/contacts/${contact.id}/`, body);
      await showUser(id);
    };
    const buttons = !contact.is_active ? [] : [
      ...(contact.is_primary ? [] : [makeButton("Make primary", change("PATCH", { is_primary: true }))]),
      makeButton("Deactivate", change("DELETE")),
    ];
    const note = contact.is_active ? (contact.is_primary ? "primary" : "") : "deactivated";
    return makeItem(`${contact.type}: ${contact.value}`, note, ...buttons);
  }));
  find("#groups").replaceChildren(...groups.items.map((group) => makeItem(group.name, "", makeButton("Leave", async () => {
    await request("DELETE", `/groups/${group.id}/members/user/${id}/`);
    await showUser(id);
  }))));
  find("#join select").replaceChildren(...all.items.map((group) => new Option(group.name, group.id)));
  render();
}

on("#sign-in", "submit", async (event) => {
  token = (await request("POST", "/sessions/", fieldsOf(event))).access_token;
  event.target.reset();
  const types = await request("GET", "/contact-types/?limit=100");
  find("#add-contact select").replaceChildren(...types.items.map((each) => new Option(each.name, each.code)));
  await listUsers();
  render();
});
on("#find", "submit", () => listUsers());
on("#find", "input", () => listUsers());
on("#more", "click", () => listUsers(true));
on("#sign-out", "click", leave);
on("#add-user", "submit", async (event) => {
  const added = await request("POST", "/users/", fieldsOf(event));
  event.target.reset();
  await listUsers();
  await showUser(added.id);
});
on("#toggle", "click", async () => {
  await (user.is_active ? request("DELETE", `/users/${user.id}/`) : request("POST", `/users/${user.id}/activate/`));
  await Promise.all([showUser(user.id), listUsers()]);
});
on("#add-contact", "submit", async (event) => {
  await request("POST", `/users/${user.id}/contacts/`, fieldsOf(event));
  event.target.elements.value.value = "";
  await showUser(user.id);
});
on("#join", "submit", async (event) => {
  await request("PUT", `/groups/${fieldsOf(event).group}/members/user/${user.id}/`);
  await showUser(user.id);
});
on("#add-group", "submit", async (event) => {
  const group = await request("POST", "/groups/", fieldsOf(event));
  event.target.reset();
  await request("PUT", `/groups/${group.id}/members/user/${user.id}/`);
  await showUser(user.id);
});
render();
