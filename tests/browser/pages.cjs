// Opens every page of the built book in Chromium, light and wide, dark and narrow, and fails on what a reader would stumble
// over: a script's error, a request to the network, a missing file, link target or popover, TeX that KaTeX refused,
// something wider than the screen that cannot be scrolled into sight, code that runs out of its column on a wide screen, or an equation whose
// number is out of sight. Five pages must satisfy axe-core, light and dark, and ten questions to the search must be answered well.
//
// `make browser-test` runs it as `node pages.cjs target/book`. CHROMIUM names the browser; without it one is looked for on the path.

const { execSync } = require("node:child_process");
const { createReadStream, existsSync, readdirSync, readFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { extname, join, relative, resolve } = require("node:path");
const { fileURLToPath, pathToFileURL } = require("node:url");
const { gzipSync } = require("node:zlib");
const { chromium } = require("playwright-core");
const { AxeBuilder } = require("@axe-core/playwright");

const book = resolve(process.argv[2]);
const pages = readdirSync(book, { recursive: true })
    .filter((path) => path.endsWith(".html") && !/^(api|book|criterion)\/|^(print|toc|404)\.html$/.test(path))
    .map((path) => join(book, path))
    .sort();
if (pages.length === 0) throw new Error(`no pages in ${book}: run make book first`);

const axed = ["index.html", "1-descent/ridge-lasso.html", "2-energy/sampling.html", "appendix/sections.html", "appendix/speed.html"];

// What is asked, and where the first answer must lead: a page, or a section of it.
const questions = {
    lasso: "1-descent/ridge-lasso.html",
    Adam: "1-descent/optimizers.html",
    softmax: "1-descent/backprop.html#what-a-unit-may-say",
    standardize: "1-descent/ridge-lasso.html#a-prior-belief",
    "hessian matrix": "1-descent/optimizers.html",
    "kl divergence": "2-energy/divergences.html",
    λ: "1-descent/ridge-lasso.html",
    lambda: "1-descent/ridge-lasso.html",
    "Boltzmann machine": "2-energy/directed-vs-energy.html#the-same-weights-twice",
    ridge: "1-descent/ridge-lasso.html",
};

const complaints = new Set();
const found = new Map(); // what the last look at each page found

const patience = 300_000; // milliseconds, on a machine that has other things to do

// Opens the solutions, and waits for the typefaces and for what the page's script does with the widths.
async function settle() {
    for (const details of document.querySelectorAll("details")) details.open = true;
    await document.fonts.ready;
    for (let frames = 0; frames < 3; frames++) await new Promise((resolve) => requestAnimationFrame(resolve));
}

// What each page offers and what it asks for, and what is wrong with it to the eye.
async function inspect() {
    const overflowing = [];
    const scrolls = (element) => /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX);
    for (const element of document.querySelectorAll("main *")) {
        const box = element.getBoundingClientRect();
        if (box.width === 0 || box.right <= innerWidth + 0.5) continue;
        let parent = element.parentElement;
        while (parent.tagName !== "MAIN" && !scrolls(parent)) parent = parent.parentElement;
        if (parent.tagName === "MAIN" && !element.closest(".katex-mathml, svg")) {
            overflowing.push(`${element.tagName.toLowerCase()}.${element.className} reaches ${Math.round(box.right)} px`);
        }
    }
    const all = (selector, value) => [...document.querySelectorAll(selector)].map(value);
    // The margin takes the page's height in, so that only what an element's sides cut off counts.
    const numbers = all(".equation .katex-html > .tag", (tag) => tag);
    const hiddenNumbers = await new Promise((resolve) => {
        if (numbers.length === 0) resolve([]);
        const observer = new IntersectionObserver((entries) => {
            observer.disconnect();
            resolve(entries.filter((entry) => entry.intersectionRatio < 0.99).map(({ target }) => target.textContent));
        }, { rootMargin: "1000000px 0px", threshold: 0.99 });
        for (const number of numbers) observer.observe(number);
    });
    return {
        ids: all("[id]", (element) => element.id),
        links: all("main a[href]", (element) => element.href).filter((href) => href.startsWith("file:")),
        popovers: all("[popovertarget]", (element) => element.getAttribute("popovertarget")),
        brokenImages: all("img", (image) => image).filter((image) => image.complete && image.naturalWidth === 0).map((image) => image.src),
        refusedFormulas: all(".katex-error", (element) => element.textContent),
        overflowing: overflowing.slice(0, 3),
        hiddenNumbers,
        wideCode: all(":is(.cell, .listing) pre > code", (code) => code)
            .filter((code) => code.scrollWidth > code.clientWidth + 1)
            .map((code) => code.textContent.split("\n").reduce((longest, line) => (line.length > longest.length ? line : longest)).trim()),
    };
}

async function look(browser, colorScheme, width) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
    for (const path of pages) {
        const complain = (what) => complaints.add(`${relative(book, path)}, ${colorScheme}, ${width} px: ${what}`);
        const page = await context.newPage();
        page.on("pageerror", (error) => complain(error));
        page.on("console", (message) => message.type() === "error" && complain(message.text()));
        page.on("request", (request) => /^(file|data|blob):/.test(request.url()) || complain(`asks the network for ${request.url()}`));
        page.on("requestfailed", (request) => complain(`cannot load ${request.url()}`));
        page.setDefaultTimeout(patience);
        await page.goto(pathToFileURL(path).href);
        await page.evaluate(settle);
        const seen = await page.evaluate(inspect);
        found.set(path, seen);
        for (const id of seen.popovers) if (!seen.ids.includes(id)) complain(`a badge opens #${id}, which is not there`);
        for (const source of seen.brokenImages) complain(`broken image ${source}`);
        for (const formula of seen.refusedFormulas) complain(`KaTeX refused ${formula}`);
        for (const what of seen.overflowing) complain(what);
        for (const number of seen.hiddenNumbers) complain(`the number ${number} is out of sight`);
        if (width >= 1280) for (const line of seen.wideCode) complain(`code runs out of its column: ${line}`);
        await page.close();
    }
    await context.close();
}

function follow() {
    for (const [path, { links }] of found) {
        for (const link of new Set(links)) {
            const url = new URL(link);
            const anchor = decodeURIComponent(url.hash.slice(1));
            const target = fileURLToPath(new URL(url.pathname, "file://"));
            const ids = found.get(target)?.ids;
            if (!existsSync(target)) complaints.add(`${relative(book, path)}: links to ${relative(book, target)}, which is not there`);
            else if (anchor && ids && !ids.includes(anchor)) complaints.add(`${relative(book, path)}: links to ${relative(book, target)}#${anchor}, which is not there`);
        }
    }
}

// The book as a server gives it, to this machine alone.
function serve() {
    const types = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
    const server = createServer((request, response) => {
        const path = join(book, decodeURIComponent(new URL(request.url, "http://localhost").pathname));
        if (!path.startsWith(book) || !existsSync(path)) return response.writeHead(404).end();
        response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" });
        createReadStream(path).pipe(response);
    });
    return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

// Two thirds of a page, and of axe's time, are the insides of formulas and of highlighted code. What KaTeX draws is hidden from assistive
// technology, which reads the MathML beside it: boxes of the same size stand for it. MathML keeps its text. Of the code the first five
// blocks keep their colours, which are those of all others.
function emptied() {
    const drawn = [...document.querySelectorAll("main .katex-html")];
    const sizes = drawn.map((element) => element.getBoundingClientRect());
    drawn.forEach((element, k) => {
        element.style.cssText = `display: inline-block; width: ${sizes[k].width}px; height: ${sizes[k].height}px`;
        element.replaceChildren();
    });
    const code = [...document.querySelectorAll("main pre > code")].slice(5);
    for (const element of [...document.querySelectorAll("main math"), ...code]) element.textContent = element.textContent;
}

async function accessible(page, where) {
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
    for (const { id, nodes } of violations) complaints.add(`${where}: axe: ${id}, ${nodes.length} times, as in ${nodes[0].html.slice(0, 200)}`);
}

async function axe(browser, site, colorScheme, width) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
    for (const path of axed) {
        const page = await context.newPage();
        page.setDefaultTimeout(patience);
        await page.goto(`${site}/${path}`);
        await page.evaluate(settle);
        await page.evaluate(emptied);
        await accessible(page, `${path}, ${colorScheme}, ${width} px`);
        await page.close();
    }
    await context.close();
}

async function ask(browser, site) {
    const size = gzipSync(readFileSync(join(book, "searchindex.js"))).length;
    if (size >= 1e6) complaints.add(`searchindex.js: ${size} bytes, compressed`);
    const page = await browser.newPage();
    page.setDefaultTimeout(patience);
    await page.goto(`${site}/index.html`);
    await page.keyboard.press("s");
    for (const [question, answer] of Object.entries(questions)) {
        await page.fill("#mdbook-searchbar", question);
        await page.keyboard.press("Shift"); // mdBook searches when a key goes up
        await page.waitForFunction((question) => document.getElementById("mdbook-searchresults-header").textContent.includes(`'${question}'`), question);
        const hits = await page.locator("#mdbook-searchresults a").evaluateAll((links) => links.map((link) => link.pathname.slice(1) + link.hash));
        if (!hits[0]?.startsWith(answer) || hits[0].endsWith("#exercises")) complaints.add(`the search for ${question} finds first ${hits[0]}, not ${answer}`);
    }
    await accessible(page, "what the search found");
    await page.close();
}

// The keyboard closes the table of contents and opens it again.
async function toggle(browser, site) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(patience);
    await page.goto(`${site}/index.html`);
    const button = page.getByRole("button", { name: "Toggle Table of Contents" });
    const contents = page.getByRole("navigation", { name: "Table of contents" });
    for (const state of ["hidden", "visible"]) {
        await button.press("Enter");
        await contents.waitFor({ state }).catch(() => complaints.add(`Enter on its button leaves the table of contents not ${state}`));
        const expanded = await button.getAttribute("aria-expanded");
        if (expanded !== String(state === "visible")) complaints.add(`the table of contents is ${state}, and its button says aria-expanded="${expanded}"`);
    }
    await page.close();
}

async function main() {
    const started = Date.now();
    const executablePath = process.env.CHROMIUM ?? execSync("command -v chromium || command -v chromium-browser || command -v google-chrome || command -v chrome").toString().trim();
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
    const server = await serve();
    const site = `http://127.0.0.1:${server.address().port}`;
    const looks = [["light", 1280], ["dark", 360]];
    await Promise.all(looks.map(([colorScheme, width]) => look(browser, colorScheme, width)));
    follow();
    await Promise.all(looks.map(([colorScheme, width]) => axe(browser, site, colorScheme, width)));
    await ask(browser, site);
    await toggle(browser, site);
    await browser.close();
    server.close();
    for (const complaint of complaints) console.error(complaint);
    console.log(`${pages.length} pages, ${axed.length} of them by axe, ${Object.keys(questions).length} questions: ${complaints.size} complaints in ${Math.round((Date.now() - started) / 1000)} s`);
    process.exitCode = complaints.size === 0 ? 0 : 1;
}

main();
