// What every page needs. Pages with charts, grids or streams load their own modules beside this one.
import "./app-dialog.js";
import "./auto-submit.js";
import "./command-palette.js";
import "./copy-button.js";
import "./file-drop.js";
import "./focus.js";
import "./follow-scroll.js";
import "./live-topic.js";
import "./menus.js";
import "./option-keys.js";
import "./refresh-widgets.js";
import "./report-chart.js";
import "./scroll-regions.js";
import "./shortcuts.js";
import "./theme-switch.js";
import "./toast-region.js";
import "./unsaved-guard.js";
