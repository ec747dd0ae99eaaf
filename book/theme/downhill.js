// Of mdBook's five themes the book has two: light, and dark, which mdBook knows as "navy".
for (const name of ["rust", "coal", "ayu"]) document.getElementById(`mdbook-theme-${name}`)?.parentElement.remove();
const dark = document.getElementById("mdbook-theme-navy");
if (dark) dark.textContent = "Dark";

// What is wider than its place scrolls, and then, but only then, the keyboard reaches it and a screen reader knows it by a
// name; a display that scrolls has its number above it, where it stays in sight.
(() => {
    const names = [[".katex-display", "Equation"], ["pre > code", "Code"], [".stdout", "Output"], [".plot", "Figure"], [".table-wrapper", "Table"]];
    const scrolls = (element) => element.scrollWidth > element.clientWidth + 1;

    function name(element) {
        const number = element.querySelector(".katex-html > .tag")?.textContent ?? "";
        return `${names.find(([selector]) => element.matches(selector))[1]} ${number}`.trim();
    }

    function look(elements) {
        // All are measured in their plain state before any is changed, so that the page is laid out twice and no more.
        const equations = elements.map((element) => element.closest(".equation"));
        for (const equation of equations) equation?.classList.remove("numbered-above");
        const tooWide = elements.map(scrolls);
        equations.forEach((equation, k) => equation?.classList.toggle("numbered-above", tooWide[k]));
        const still = elements.map(scrolls);
        elements.forEach((element, k) => {
            const attributes = { tabindex: "0", role: "group", "aria-label": name(element) };
            for (const [attribute, value] of Object.entries(attributes)) {
                if (still[k]) element.setAttribute(attribute, value);
                else element.removeAttribute(attribute);
            }
        });
    }

    const all = [...document.querySelectorAll(names.map(([selector]) => `main ${selector}`).join())];
    const observer = new ResizeObserver((entries) => look(entries.map(({ target }) => target)));
    for (const element of all) observer.observe(element);
    document.fonts.ready.then(() => look(all));
})();

// mdBook's button for the table of contents is a label, which no key reaches and which must not say whether what it opens is
// open. A button does, and passes its clicks on.
(() => {
    const label = document.getElementById("mdbook-sidebar-toggle");
    const box = document.getElementById("mdbook-sidebar-toggle-anchor");
    if (!label || !box) return;
    const button = document.createElement("button");
    button.type = "button";
    for (const { name, value } of label.attributes) if (name !== "for") button.setAttribute(name, value);
    button.append(...label.childNodes);
    label.replaceWith(button);
    button.addEventListener("click", () => {
        label.dispatchEvent(new Event("click"));
        box.click();
    });
    new MutationObserver(() => button.setAttribute("aria-expanded", label.getAttribute("aria-expanded"))).observe(label, { attributes: true });
})();

// The bar above the text is a banner, and the field below it a search.
document.getElementById("mdbook-menu-bar")?.setAttribute("role", "banner");
document.getElementById("mdbook-search-wrapper")?.setAttribute("role", "search");

const field = document.getElementById("mdbook-searchbar");
field?.setAttribute("aria-label", "Search this book");
field?.setAttribute("aria-describedby", "mdbook-searchresults-header");

// A span has no role that could bear a name; what the search found is read as text.
const results = document.getElementById("mdbook-searchresults");
if (results) {
    const unname = () => results.querySelectorAll(".teaser").forEach((teaser) => teaser.removeAttribute("aria-label"));
    new MutationObserver(unname).observe(results, { childList: true });
}
