export { registerCommand, useCommand } from "./commands";
export { useShortcut } from "./shortcuts";
