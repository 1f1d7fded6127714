// htmx as a global, since its extensions look for it there.
import htmx from "htmx.org";

window.htmx = htmx;
