// How elements are made: always as nodes, never from HTML text, so that nothing a user wrote is markup.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element; properties are set as properties, `on…` listens, and what has a dash is an attribute. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "role" || name === "for" || name.includes("-")) made.setAttribute(name, value);
    else if (name === "class") made.className = value;
    else if (name === "data") Object.assign(made.dataset, value);
    else made[name] = value;
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** One of the page's symbols; it is decoration, so its button or text must say what it means. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button that submits nothing. */
export function button(label, properties = {}, ...before) {
  return element("button", { type: "button", ...properties }, ...before, element("span", {}, label));
}

/** Replace all that is in an element, unless it is the same text: live regions would say it again. */
export function fill(container, ...children) {
  if (children.length === 1 && typeof children[0] === "string" && container.textContent === children[0]) return;
  container.replaceChildren(...children.flat().filter(Boolean));
}
