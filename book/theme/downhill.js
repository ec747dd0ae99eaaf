// Of mdBook's five themes the book has two: light, and dark, which mdBook knows as "navy". All else works without scripts.
for (const name of ["rust", "coal", "ayu"]) document.getElementById(`mdbook-theme-${name}`)?.parentElement.remove();
const dark = document.getElementById("mdbook-theme-navy");
if (dark) dark.textContent = "Dark";
