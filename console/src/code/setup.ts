import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import {
  bracketMatching,
  codeFolding,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from "@codemirror/language";
import { linter, lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export type CodeLanguage = "json" | "text";

const highlighting = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--code-name)" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: tags.number, color: "var(--code-number)" },
  { tag: [tags.bool, tags.null], color: "var(--code-keyword)" },
]);

const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "13px", height: "100%" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--ground)", color: "var(--text-faint)", border: "none" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--hover) 60%, transparent)" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": { backgroundColor: "var(--selected) !important" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--sunken)", color: "var(--text-soft)", border: "none", padding: "0 6px" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line-strong)" },
  // Colours of code have their contrast on the ground alone: what differs is underlined, and its line marked in the margin.
  ".cm-changedLine": { backgroundColor: "transparent !important" },
  ".cm-changedText": { background: "none !important", borderBottom: "2px solid var(--warn)" },
  ".cm-changedLineGutter": { background: "var(--warn) !important" },
  ".cm-collapsedLines": { background: "var(--sunken) !important", color: "var(--text-soft) !important" },
});

/** What all editors have; those that only show something are `isReadOnly`. */
export function extensions(language: CodeLanguage, label: string, isReadOnly: boolean): Extension[] {
  return [
    lineNumbers(),
    codeFolding(),
    foldGutter(),
    drawSelection(),
    bracketMatching(),
    highlightSelectionMatches(),
    search({ top: true }),
    syntaxHighlighting(highlighting),
    theme,
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    keymap.of([...searchKeymap, ...foldKeymap]),
    language === "json" ? json() : [],
    EditorView.lineWrapping,
    isReadOnly ? [EditorState.readOnly.of(true), EditorView.editable.of(false)] : editing(language),
  ];
}

function editing(language: CodeLanguage): Extension[] {
  return [
    history(),
    indentOnInput(),
    highlightActiveLine(),
    EditorState.tabSize.of(2),
    keymap.of([...defaultKeymap, ...historyKeymap, ...lintKeymap, indentWithTab]),
    language === "json" ? [linter(jsonParseLinter(), { delay: 150 }), lintGutter()] : [],
  ];
}
