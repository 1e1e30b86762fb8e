// The pages about models.
import "./count-down.js";
import "./tell-change.js";

// Regions are redrawn while somebody types in one of them: what is being typed stays. (Not by "ignoreActiveValue",
// which also leaves everything inside the element that has the focus as it was.)
if (window.Idiomorph) {
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
    !(name === "value" && element === document.activeElement);
}
