const sheet = new CSSStyleSheet();
sheet.replaceSync(".frame { height: 100%; } .frame > .cm-mergeView { height: 100%; }");

/** Returns an empty frame in the shadow root of an element: there CodeMirror needs no `style` element, which the page's policy forbids. */
export function mount(element: HTMLElement): { root: ShadowRoot; parent: HTMLElement } {
  const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
  const parent = document.createElement("div");
  parent.className = "frame";
  root.replaceChildren(parent);
  root.adoptedStyleSheets = [sheet];
  return { root, parent };
}
