// Opens three notebooks in JupyterLab, in Chromium, as a reader does who has just cloned the book: counts the figures before
// anything is run, where SVG is not shown because nothing is trusted; runs all cells and counts again; changes a number, runs that cell,
// and sees another output.
//
// `make jupyter-test` runs it as `node jupyter.cjs [notebook…]`, from the root of the repository. CHROMIUM names the browser; without
// it one is looked for on the path. The notebooks are copies in target/jupyter-test. The first is the one that the page offers for
// download, which fetches the library at the last commit, from a clone in the place of the published repository; the others find the
// library by its full path.

const { execFileSync, execSync, spawn } = require("node:child_process");
const { mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:net");
const { join, resolve } = require("node:path");
const { chromium } = require("playwright-core");

// Short notebooks, and in each a number to change. The second run is of that cell alone.
const wanted = process.argv.slice(2);
const notebooks = [
    { name: "directed-vs-energy", downloaded: true, from: "array![0.1, 0.2], array![0.9, 0.7], 0.01", to: "array![0.3, 0.2], array![0.9, 0.7], 0.01" },
    { name: "free-energy", from: "array![1.0, 2.0, 3.0]", to: "array![1.0, 2.0, 4.0]" },
    { name: "divergences", from: "Categorical::new(&array![0.9, 0.1])", to: "Categorical::new(&array![0.8, 0.2])" },
].filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const MINUTE = 60_000;
const FIRST_RUN = 15 * MINUTE; // the first cell builds the library

const token = "descent"; // for a server that lives for some minutes and listens to this machine alone
const root = resolve(".");
const scratch = join(root, "target/jupyter-test");
const folder = join(scratch, "notebooks"); // what the server shows
const builds = join(root, "target/kernels/0"); // where `make notebooks` builds, so that what is built once is there
const text = (source) => [source].flat().join("");

const ask = (url, method = "GET") => fetch(url, { method, headers: { Authorization: `token ${token}` } });

function expect(condition, what) {
    if (!condition) throw new Error(what);
}

// A clone of the repository, and the notebooks for download that fetch the library from there.
function download() {
    const clone = join(scratch, "library.git");
    execFileSync("git", ["clone", "--quiet", "--bare", root, clone]);
    const downloads = join(scratch, "download");
    execFileSync("cargo", ["run", "--quiet", "-p", "weave", "--", "download", "--git", `file://${clone}`, downloads]);
    return downloads;
}

// A copy that runs outside the folder `notebooks`, and what is in it.
function copy({ name, from, downloaded }, downloads) {
    const source = downloaded ? downloads : join(root, "notebooks");
    const notebook = JSON.parse(readFileSync(join(source, `${name}.ipynb`), "utf8"));
    const code = notebook.cells.filter((cell) => cell.cell_type === "code");
    const first = text(code[0].source);
    const named = downloaded ? "git = \"file://" : "downhill = { path = \"..\" }";
    expect(first.includes(named), `${name}: its first cell names no ${named}`);
    code[0].source = first.replace('downhill = { path = ".." }', `downhill = { path = ${JSON.stringify(root)} }`);
    writeFileSync(join(folder, `${name}.ipynb`), JSON.stringify(notebook));
    const changed = code.findIndex((cell) => text(cell.source).includes(from));
    expect(changed > 0, `${name}: no cell contains \`${from}\`: choose another number to change`);
    const figures = code.flatMap((cell) => cell.outputs).filter((output) => output.data?.["image/svg+xml"]).length;
    expect(figures > 0, `${name}: no figures`);
    return { cells: code.length, changed, source: text(code[changed].source), figures };
}

// A server of its own, without the reader's settings and without a notebook that it trusts.
async function serve() {
    const listener = createServer();
    const port = await new Promise((done) => listener.listen(0, "127.0.0.1", () => done(listener.address().port)));
    await new Promise((done) => listener.close(done));
    const settings = join(scratch, "config/lab/user-settings/@jupyterlab");
    const set = (plugin, values) => {
        mkdirSync(join(settings, plugin.split("/")[0]), { recursive: true });
        writeFileSync(join(settings, `${plugin}.jupyterlab-settings`), JSON.stringify(values));
    };
    set("notebook-extension/tracker", { windowingMode: "none" }); // all cells are in the page, seen or not
    set("docmanager-extension/plugin", { autosave: false });
    set("apputils-extension/notification", { fetchNews: "false", checkForUpdates: false });
    const args = ["lab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", `--ServerApp.port=${port}`, `--IdentityProvider.token=${token}`, `--ServerApp.root_dir=${folder}`];
    const env = {
        ...process.env,
        EVCXR_TMPDIR: join(builds, "cells"),
        XDG_CACHE_HOME: builds,
        JUPYTER_PATH: join(root, "target/jupyter"),
        JUPYTER_CONFIG_DIR: join(scratch, "config"),
        JUPYTER_DATA_DIR: join(scratch, "data"),
        JUPYTER_RUNTIME_DIR: join(scratch, "runtime"),
    };
    mkdirSync(join(builds, "cells"), { recursive: true });
    const server = spawn(join(root, "target/python/bin/jupyter"), args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const log = [];
    for (const stream of [server.stdout, server.stderr]) stream.on("data", (data) => log.push(data));
    const url = `http://127.0.0.1:${port}`;
    for (let tries = 0; ; tries++) {
        expect(server.exitCode === null && tries < 240, `JupyterLab does not start:\n${log.join("")}`);
        if (await ask(`${url}/api/status`).then((answer) => answer.ok, () => false)) return { server, url };
        await new Promise((done) => setTimeout(done, 500));
    }
}

// What the page shows of a notebook's outputs.
function seen() {
    const count = (selector) => document.querySelectorAll(`.jp-Notebook .jp-OutputArea-output ${selector}`).length;
    const output = (selector) => document.querySelectorAll(`.jp-Notebook .jp-OutputArea-output${selector}`);
    const pictures = [...document.querySelectorAll(".jp-Notebook .jp-RenderedImage img")];
    const prompts = [...document.querySelectorAll(".jp-Notebook .jp-CodeCell .jp-InputPrompt")].map((prompt) => prompt.textContent);
    return {
        pictures: pictures.filter((image) => image.src.startsWith("data:image/png") && image.naturalWidth >= 300).length,
        drawings: output(".jp-RenderedSVG").length + count(".jp-RenderedSVG"),
        words: [...output(".jp-RenderedText")].filter((words) => words.textContent.trim() === "a figure").length,
        cells: prompts.length,
        waiting: prompts.filter((prompt) => prompt.includes("*") || !/\d/.test(prompt)).length,
        errors: [...output(".jp-RenderedText")]
            .map((words) => words.textContent)
            .filter((words) => /panicked at|error\[|Error:|no matching package/.test(words)),
    };
}

async function until(page, what, wanted, timeout = MINUTE) {
    const end = Date.now() + timeout;
    for (;;) {
        const now = await page.evaluate(seen);
        if (wanted(now)) return now;
        expect(Date.now() < end, `${what}: waited in vain; the page shows ${JSON.stringify(now)}`);
        await page.waitForTimeout(250);
    }
}

async function run(page, url, notebook, content) {
    const { name, from, to } = notebook;
    const started = Date.now();
    await page.goto(`${url}/lab/tree/${name}.ipynb?reset&token=${token}`);
    const opened = await until(page, `${name}, opened`, (now) => now.cells === content.cells && now.pictures >= content.figures);
    expect(opened.pictures === content.figures, `${name}: ${opened.pictures} pictures for ${content.figures} figures before the run`);
    expect(opened.drawings === 0 && opened.words === 0, `${name}: untrusted, it shows ${opened.drawings} drawings and ${opened.words} times “a figure”`);

    const menu = async (words) => {
        await page.locator("#jp-MainMenu, .lm-MenuBar").getByText("Run", { exact: true }).first().click();
        await page.locator(".lm-Menu-itemLabel", { hasText: words }).first().click();
    };
    await menu(/^Run All Cells$/);
    await until(page, `${name}, started`, (now) => now.waiting > 0, MINUTE);
    const ran = await until(page, `${name}, run`, (now) => now.waiting === 0, FIRST_RUN);
    expect(ran.errors.length === 0, `${name}: ${ran.errors.join("\n")}`);
    const after = await until(page, `${name}, drawn`, (now) => now.drawings >= content.figures);
    expect(after.drawings === content.figures, `${name}: ${after.drawings} drawings for ${content.figures} figures after the run`);
    expect(after.pictures === 0, `${name}: ${after.pictures} pictures are left from before the run`);

    const cell = page.locator(".jp-Notebook .jp-CodeCell").nth(content.changed);
    const output = () => cell.locator(".jp-OutputArea").innerText();
    const before = await output();
    const prompt = await cell.locator(".jp-InputPrompt").innerText();
    await cell.scrollIntoViewIfNeeded();
    await cell.locator(".cm-content").click();
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText(content.source.replace(from, to));
    await page.keyboard.press("Shift+Enter");
    for (const end = Date.now() + 5 * MINUTE; ; ) {
        const now = await cell.locator(".jp-InputPrompt").innerText();
        if (/\d/.test(now) && now !== prompt) break;
        expect(Date.now() < end, `${name}: the changed cell does not come to its end`);
        await page.waitForTimeout(250);
    }
    await page.waitForTimeout(500);
    const again = await output();
    expect(again.trim() !== "" && again !== before, `${name}: the changed cell shows what it showed before:\n${before}`);
    expect((await page.evaluate(seen)).errors.length === 0, `${name}: the changed cell fails:\n${again}`);
    console.log(`${name}: ${content.figures} figures untrusted and after the run, and another output after a change; ${Math.round((Date.now() - started) / 1000)} s`);
}

async function main() {
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const downloads = notebooks.some(({ downloaded }) => downloaded) && download();
    const contents = notebooks.map((notebook) => copy(notebook, downloads));
    const executablePath = process.env.CHROMIUM ?? execSync("command -v chromium || command -v google-chrome || command -v chrome").toString().trim();
    const { server, url } = await serve();
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
    try {
        for (const [k, notebook] of notebooks.entries()) {
            const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
            page.setDefaultTimeout(5 * MINUTE); // a machine that is building answers clicks late
            await run(page, url, notebook, contents[k]).catch(async (error) => {
                await page.screenshot({ path: join(scratch, `${notebook.name}.png`) });
                throw error;
            });
            // One kernel at a time: two would build in the same folder.
            for (const { id } of await ask(`${url}/api/sessions`).then((answer) => answer.json())) {
                await ask(`${url}/api/sessions/${id}`, "DELETE");
            }
            await page.close();
        }
    } finally {
        await browser.close();
        server.kill("SIGINT");
        server.kill("SIGTERM");
    }
}

main().catch((error) => {
    console.error(error.message ?? error);
    process.exitCode = 1;
});
