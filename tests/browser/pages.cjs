// Opens every page of the built book in Chromium, light and wide, dark and narrow, and fails on what a reader would stumble
// over: a script's error, a request to the network, a missing file, link target or popover, TeX that KaTeX refused, or
// something wider than the screen that cannot be scrolled into sight.
//
// `make browser-test` runs it as `node pages.cjs target/book`. CHROMIUM names the browser; without it one is looked for on the path.

const { execSync } = require("node:child_process");
const { existsSync, readdirSync } = require("node:fs");
const { join, relative, resolve } = require("node:path");
const { fileURLToPath, pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");

const book = resolve(process.argv[2]);
const pages = readdirSync(book, { recursive: true })
    .filter((path) => path.endsWith(".html") && !/^(api|book|criterion)\/|^(print|toc|404)\.html$/.test(path))
    .map((path) => join(book, path))
    .sort();
if (pages.length === 0) throw new Error(`no pages in ${book}: run make book first`);

// What each page offers and what it asks for, and what is wrong with it to the eye.
function inspect() {
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
    return {
        ids: all("[id]", (element) => element.id),
        links: all("main a[href]", (element) => element.href).filter((href) => href.startsWith("file:")),
        popovers: all("[popovertarget]", (element) => element.getAttribute("popovertarget")),
        brokenImages: all("img", (image) => image).filter((image) => image.complete && image.naturalWidth === 0).map((image) => image.src),
        refusedFormulas: all(".katex-error", (element) => element.textContent),
        overflowing: overflowing.slice(0, 3),
    };
}

const complaints = new Set();
const found = new Map(); // what the last look at each page found

async function look() {
    const executablePath = process.env.CHROMIUM ?? execSync("command -v chromium || command -v google-chrome || command -v chrome").toString().trim();
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
    for (const [colorScheme, width] of [["light", 1440], ["dark", 360]]) {
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
        for (const path of pages) {
            const complain = (what) => complaints.add(`${relative(book, path)}, ${colorScheme}, ${width} px: ${what}`);
            const page = await context.newPage();
            page.on("pageerror", (error) => complain(error));
            page.on("console", (message) => message.type() === "error" && complain(message.text()));
            page.on("request", (request) => /^(file|data|blob):/.test(request.url()) || complain(`asks the network for ${request.url()}`));
            page.on("requestfailed", (request) => complain(`cannot load ${request.url()}`));
            await page.goto(pathToFileURL(path).href);
            await page.evaluate(() => document.fonts.ready);
            const seen = await page.evaluate(inspect);
            found.set(path, seen);
            for (const id of seen.popovers) if (!seen.ids.includes(id)) complain(`a badge opens #${id}, which is not there`);
            for (const source of seen.brokenImages) complain(`broken image ${source}`);
            for (const formula of seen.refusedFormulas) complain(`KaTeX refused ${formula}`);
            for (const what of seen.overflowing) complain(what);
            await page.close();
        }
        await context.close();
    }
    await browser.close();
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

look().then(() => {
    follow();
    for (const complaint of complaints) console.error(complaint);
    console.log(`${pages.length} pages, ${complaints.size} complaints`);
    process.exitCode = complaints.size === 0 ? 0 : 1;
});
