// Is this key meant for a field, or for the page?
export function isTyping(event) {
  const at = event.composedPath()[0];
  if (!(at instanceof Element)) return false;
  return at.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") !== null;
}

export function hasModifier(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}
