// The search behind mdBook's search field. weave puts it after the sections of the book (weave/src/search.rs); mdBook's own script
// asks for them when the field is opened, and shows what comes back.
(() => {
    const greek = {
        α: "alpha", β: "beta", γ: "gamma", δ: "delta", ε: "epsilon", ζ: "zeta", η: "eta", θ: "theta", ι: "iota", κ: "kappa", λ: "lambda", μ: "mu",
        ν: "nu", ξ: "xi", π: "pi", ρ: "rho", σ: "sigma", τ: "tau", υ: "upsilon", φ: "phi", χ: "chi", ψ: "psi", ω: "omega",
    };
    const variants = { ε: "ϵ", θ: "ϑ", π: "ϖ", ρ: "ϱ", σ: "ς", φ: "ϕ" };
    const letters = Object.fromEntries(Object.entries(greek).map(([letter, name]) => [name, letter + (variants[letter] ?? "")]));

    // What a word of the query finds: itself and what begins like it, in either spelling, in the plural or not; a Greek letter
    // by its name and by itself.
    function pattern(word) {
        const letter = letters[word];
        if (letter) return `[${letter}]|(?<![\\p{L}\\p{N}])${word}(?![\\p{L}\\p{N}])`;
        const stem = word.length < 5 ? word : word.replace(/(?:ices|ix)$/, "i").replace(/(?:es|ed|ing|s|e)$/, "").replace(/(?<=.y)z|(?<=..i)[sz](?=$|e|i|a)/g, "[sz]");
        return `(?<![\\p{L}\\p{N}])${stem}`;
    }

    // Words of a query; Greek letters by their names.
    function words(query) {
        const plain = query.normalize("NFKD").toLowerCase().replace(/\p{Script=Greek}/gu, (letter) => ` ${greek[letter] ?? letter} `);
        return plain.match(/[\p{L}\p{N}]+/gu) ?? [];
    }

    const sections = window.bookSections.map(({ url, path, text, code, terms }) => ({
        url, text, code, terms,
        page: url.split("#")[0],
        title: path.at(-1),
        above: path.slice(0, -1).join(" "),
        breadcrumbs: path.join(" » ").replace(/&/g, "&amp;").replace(/</g, "&lt;"),
        exercise: path[1] === "Exercises",
        // A chapter before its sections; after them what only looks ahead, and what lists the chapters' own.
        weight: path.length === 1 ? 1.2 : path[1] === "What came next" ? 0.7 : 1,
        appendix: url.startsWith("appendix/"),
        length: text.length + 0.3 * code.length,
    }));
    const usual = sections.reduce((sum, section) => sum + section.length, 0) / sections.length;

    const count = (regex, text) => text.match(regex)?.length ?? 0;

    // Okapi BM25 over titles, text and code, for sections that have every word; exercises after all else.
    function search(query) {
        const asked = words(query);
        if (asked.length === 0) return [];
        const regexes = asked.map((word) => new RegExp(pattern(word), "giu"));
        const phrase = new RegExp(asked.map(pattern).map((one) => `(?:${one})`).join("[\\p{L}\\p{N}]*[^\\p{L}\\p{N}]+"), "iu");
        const seen = sections.map((section) => regexes.map((regex) => ({
            title: count(regex, section.title),
            // A section belongs to what its chapter is about.
            all: 6 * count(regex, section.title) + 2 * count(regex, section.above) + 3 * count(regex, section.terms) + count(regex, section.text) + 0.2 * count(regex, section.code),
        })));
        const rarity = regexes.map((_, word) => {
            const having = seen.filter((counts) => counts[word].all > 0).length;
            return Math.log(1 + (sections.length - having + 0.5) / (having + 0.5));
        });
        // How much of all that the book says of a word its page says: a chapter's sections stand before a mention elsewhere.
        const share = regexes.map((_, word) => {
            const said = {};
            let total = 0;
            sections.forEach(({ page }, index) => {
                said[page] = (said[page] ?? 0) + seen[index][word].all;
                total += seen[index][word].all;
            });
            return (page) => said[page] / total;
        });
        const hits = [];
        sections.forEach((section, index) => {
            const counts = seen[index];
            if (counts.some(({ all }) => all === 0)) return;
            let score = 0;
            counts.forEach(({ all, title }, word) => {
                const damping = 1.2 * (0.5 + 0.5 * section.length / usual);
                score += rarity[word] * (1 + share[word](section.page)) * (2.2 * all / (all + damping) + (title > 0 ? 2 : 0));
            });
            if (asked.length > 1 && phrase.test(section.title)) score *= 2;
            else if (asked.length > 1 && phrase.test(section.text)) score *= 1.4;
            hits.push({ section, score: score * (section.appendix ? 0.4 : section.weight) });
        });
        hits.sort((one, other) => one.section.exercise - other.section.exercise || other.score - one.score);
        return hits.map(({ section }) => ({
            ref: section.url,
            doc: { breadcrumbs: section.breadcrumbs, body: excerpt(section, phrase, regexes) },
        }));
    }

    // The words around the first place that has what was asked for.
    function excerpt({ text, code, title }, phrase, regexes) {
        for (const regex of [phrase, ...regexes]) {
            for (const body of title.search(regex) >= 0 ? [text] : [text, code]) {
                const at = body.search(regex);
                if (at < 0) continue;
                const from = body.lastIndexOf(". ", at) + 2;
                const start = at - from < 120 && from > 1 ? from : body.indexOf(" ", Math.max(0, at - 90)) + 1;
                return body.slice(at < 90 ? 0 : start, at + 260);
            }
        }
        return text.slice(0, 300);
    }

    elasticlunr.Index.load = () => ({ search });
    Object.assign(window.search, {
        index: {},
        doc_urls: Object.fromEntries(sections.map(({ url }) => [url, url])),
        results_options: { limit_results: 20, teaser_word_count: 30 },
        search_options: {},
    });
})();
