// Elements of the page, and what happens when an action fails.

export const find = (selector, within = document) => within.querySelector(selector);
export const fieldsOf = (form) => Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
export const stars = (rating) => "★".repeat(rating) + "☆".repeat(5 - rating);

let leave = () => {};
export const setLeave = (action) => { leave = action; };

function show(error) {
  find("#message").textContent = error ? error.message : "";
  find("#message").hidden = !error;
}

// Runs what a person asked for, and shows what went wrong.
export const attempt = (action) => async (event) => {
  event?.preventDefault();
  show(null);
  try {
    await action(event);
  } catch (error) {
    show(error);
    if (error.status === 401) leave();
  }
};

export const on = (selector, kind, action) => find(selector).addEventListener(kind, attempt(action));

export function makeButton(text, action, kind = "") {
  const button = document.createElement("button");
  button.type = "button";
  button.className = kind;
  button.textContent = text;
  button.addEventListener("click", attempt(action));
  return button;
}

export function makeItem(who, text, ...buttons) {
  const item = document.createElement("li");
  const author = document.createElement("span");
  author.className = "author";
  author.textContent = who;
  const said = document.createElement("span");
  said.className = "text";
  said.textContent = ` ${text}`;
  item.append(...buttons, author, said);
  return item;
}
