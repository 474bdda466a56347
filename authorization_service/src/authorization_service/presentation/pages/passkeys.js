// Passkeys in forms: the browser's response goes into the form's field `passkey`, as JSON, and the form is sent.
"use strict";

const sendJson = (form, response) => {
  form.elements.passkey.value = JSON.stringify(response.toJSON());
  form.submit();
};

const begin = async (form) => {
  if (form.dataset.options) {
    return { challenge: form.elements.challenge?.value, options: JSON.parse(form.dataset.options) };
  }
  const answer = await fetch(form.dataset.begin, { method: "POST" });
  if (!answer.ok) {
    throw new Error(`HTTP ${answer.status}`);
  }
  return answer.json();
};

const usePasskey = async (form) => {
  const { challenge, options } = await begin(form);
  if (form.elements.challenge) {
    form.elements.challenge.value = challenge;
  }
  if (form.dataset.passkey === "create") {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    sendJson(form, await navigator.credentials.create({ publicKey }));
  } else {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    sendJson(form, await navigator.credentials.get({ publicKey }));
  }
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  // Browsers allow no passkeys at addresses of numbers.
  if (window.PublicKeyCredential?.parseRequestOptionsFromJSON && !/^[\d.]+$|^\[/.test(location.hostname)) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      usePasskey(form).catch(() => {
        form.querySelector("[role=alert]").hidden = false;
      });
    });
  }
}
