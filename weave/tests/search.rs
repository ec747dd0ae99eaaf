//! What the search finds on a page.

use weave::search::sections;

const PAGE: &str = r##"<body><nav>Around</nav><main>
<h1 id="lines"><a class="header" href="#lines">Lines &amp; curves</a></h1>
<nav class="chapter-links">Notebook</nav>
<p>A <em>line</em> has a <strong>sl</strong>ope<br>and <code>b_1</code>:
<span class="katex"><span class="katex-mathml"><math><mi>log</mi><mo>&#8289;</mo><mi>λ</mi><mo>=</mo><mn>2</mn><mi>x</mi></math></span><span class="katex-html" aria-hidden="true"><span class="mord">log</span> λ=2x</span></span>.</p>
<h2 id="slope">Slope</h2>
<p>See <a class="eqref" href="#x">(1.2)<span class="peek" aria-hidden="true"><span class="katex">hidden</span></span></a>
<button class="badge">✓</button> here.</p>
<div class="cell"><pre><code class="language-rust">let a = b &lt; 1;
let c;</code></pre><div class="output"><pre class="stdout">a = true</pre><figure class="plot"><svg><path d=""/><text>axis</text></svg></figure></div></div>
<figure class="listing"><figcaption><a href="#y">src/lines.rs</a></figcaption><pre>fn f() {}</pre></figure>
<h4 id="small">Small</h4>
<p>print</p>
<h3 id="steep">Steep</h3><p>Up.</p>
<h2 id="exercises">Exercises</h2><p>Do.</p>
<div class="check-popover"><div>words</div><p>of a test</p></div>
</main><p>After</p></body>"##;

#[test]
fn each_section_has_its_words_once() {
    let found = sections("a/lines.html", PAGE);
    let urls: Vec<&str> = found.iter().map(|section| section.url.as_str()).collect();
    let slope = "a/lines.html#slope";
    assert_eq!(urls, ["a/lines.html", slope, "a/lines.html#steep", "a/lines.html#exercises"]);
    assert_eq!(found[0].path, ["Lines & curves"]);
    assert_eq!(found[0].text, "A line has a slope and b_1: log λ=2x.");
    assert_eq!(found[0].terms, "line,");
    assert_eq!(found[1].text, "See (1.2) here. Small print");
    assert_eq!(found[1].code, "let a = b < 1; let c; src/lines.rs fn f() {}");
    assert_eq!(found[2].path, ["Lines & curves", "Slope", "Steep"]);
    assert_eq!(found[3].path, ["Lines & curves", "Exercises"]);
    assert_eq!(found[3].text, "Do.");
}

#[test]
fn whatever_the_page_something_is_read() {
    for html in [
        "",
        "<",
        "<main>",
        "words",
        "<main></p>a<h2 id=\"b\">c",
        "<main><h1 id=\"a\">&b; &#x; &",
        "<h1 id=\"é",
    ] {
        sections("page.html", html);
    }
}
