// Everything the pages do beyond plain links and forms; each module works alone.
import "./modules/library.js";
import "htmx-ext-sse";
import "./modules/live.js";
import { start as theme } from "./modules/theme.js";
import { start as keys } from "./modules/keys.js";
import { start as files } from "./modules/files.js";
import { start as times } from "./modules/times.js";
import { start as diagrams } from "./modules/diagrams.js";
import { start as forms } from "./modules/forms.js";
import { start as menus } from "./modules/menus.js";
import { start as tabs } from "./modules/tabs.js";

document.documentElement.classList.add("js");
for (const start of [theme, keys, files, times, diagrams, forms, menus, tabs]) start();
