// The pages about models.
import "./count-down.js";
import "./tell-change.js";

// Regions are redrawn while somebody types in one of them: what is being typed stays.
if (window.Idiomorph) Idiomorph.defaults.ignoreActiveValue = true;
