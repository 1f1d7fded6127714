// htmx as a global, since its extensions look for it there. While it replaces an element it would
// write the old one's style attribute onto the new one, which the content policy forbids.
import htmx from "htmx.org";

htmx.config.attributesToSettle = ["class"];
window.htmx = htmx;
