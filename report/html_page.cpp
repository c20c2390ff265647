#include "report/html_page.hpp"

namespace keyward::report {

// Contrasts are at least 4.5 to 1 in both schemes (WCAG 2.2, 1.4.3). Colour never stands alone: a word, a sign or a
// hatching says the same.
const std::string_view k_page_style = R"css(
:root{color-scheme:light;--bg:#f5f6f8;--card:#fff;--ink:#14181f;--soft:#545d6b;--line:#dde1e8;--accent:#2454c7;--accent2:#8fb0ee;
--good:#14713d;--goodbg:#e3f4ea;--warn:#8a5000;--warnbg:#fdf1dc;--bad:#b3201f;--badbg:#fdeaea;--mute:#8a93a1;--mutebg:#eceef2}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;--bg:#0f1217;--card:#181c23;--ink:#e8ebf0;--soft:#a3acba;
--line:#2c333e;--accent:#7aa2ff;--accent2:#39548f;--good:#63cf92;--goodbg:#142a1e;--warn:#f0b254;--warnbg:#30240f;--bad:#ff8683;--badbg:#381a1b;
--mute:#7b8594;--mutebg:#252a33}}
:root[data-theme=dark]{color-scheme:dark;--bg:#0f1217;--card:#181c23;--ink:#e8ebf0;--soft:#a3acba;
--line:#2c333e;--accent:#7aa2ff;--accent2:#39548f;--good:#63cf92;--goodbg:#142a1e;--warn:#f0b254;--warnbg:#30240f;--bad:#ff8683;--badbg:#381a1b;
--mute:#7b8594;--mutebg:#252a33}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif}
.page{max-width:1180px;margin:0 auto;padding:28px 24px 64px}
.skip{position:absolute;left:-999px}.skip:focus{left:12px;top:12px;background:var(--card);padding:8px 12px;border-radius:8px}
header.top{display:flex;flex-wrap:wrap;gap:8px 24px;align-items:flex-start;justify-content:space-between;margin-bottom:20px}
h1{font-size:27px;line-height:1.2;margin:0 0 4px;letter-spacing:-.015em}
h2{font-size:18px;margin:0 0 4px;letter-spacing:-.005em}
h3{font-size:15px;margin:18px 0 4px}
p{margin:4px 0 10px}
.soft,caption,.lede{color:var(--soft)}
.top .right{display:flex;gap:10px;align-items:center}
section{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:20px 22px;margin:0 0 16px}
section.bad{border-color:var(--bad);border-left-width:6px}
section.warn{border-color:var(--warn);border-left-width:6px}
section.good{border-left:6px solid var(--good)}
.badge{display:inline-block;border-radius:999px;padding:1px 9px;font-size:13px;font-weight:600;white-space:nowrap;background:var(--mutebg);color:var(--soft)}
.badge.good{background:var(--goodbg);color:var(--good)}.badge.warn{background:var(--warnbg);color:var(--warn)}.badge.bad{background:var(--badbg);color:var(--bad)}
.mode{font-size:14px;padding:5px 14px}
.banner{border:2px dashed var(--warn);background:var(--warnbg);color:var(--ink);border-radius:14px;padding:12px 20px;margin:0 0 16px}
.banner.bad{border:2px solid var(--bad);background:var(--badbg)}
.hero{display:grid;grid-template-columns:minmax(250px,1fr) 2.3fr;gap:28px;align-items:center}
.figure{font-size:60px;font-weight:700;line-height:1;letter-spacing:-.035em;font-variant-numeric:tabular-nums}
.figure small{font-size:30px;letter-spacing:0}
.good-ink{color:var(--good)}.bad-ink{color:var(--bad)}.warn-ink{color:var(--warn)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px;margin:0 0 16px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:14px 18px}
.tile b{display:block;font-size:30px;line-height:1.2;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13.5px;display:block}
.tile .name{color:var(--ink);font-weight:600;font-size:14px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;margin-top:8px}
caption{text-align:left;font-size:13.5px;padding:0 0 6px}
th,td{text-align:left;padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-size:12.5px;color:var(--soft);font-weight:600;white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
td.nw{white-space:nowrap}
td.id{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px;white-space:nowrap}
td.wrap{overflow-wrap:anywhere;min-width:150px}td.name{overflow-wrap:anywhere;min-width:130px}
tbody tr:last-child td{border-bottom:0}
tbody tr:hover td{background:var(--bg)}
th button{all:unset;cursor:pointer;border-radius:4px}
th button:hover{color:var(--ink)}
th[aria-sort=ascending] button::after{content:" \2191"}th[aria-sort=descending] button::after{content:" \2193"}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.tools{display:flex;flex-wrap:wrap;gap:10px;align-items:center;margin:8px 0}
input,select,button.plain{font:inherit;font-size:14px;color:var(--ink);background:var(--card);border:1px solid var(--mute);border-radius:8px;padding:5px 11px}
input{min-width:240px}button.plain{cursor:pointer}
.more{margin-top:10px}
ul.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;padding:0;margin:10px 0 0;font-size:13.5px;color:var(--soft)}
ul.legend svg{width:13px;height:13px;vertical-align:-1px;margin-right:6px}
ul.legend b{color:var(--ink);font-variant-numeric:tabular-nums}
svg{display:block;width:100%;height:auto}
ul.legend svg{display:inline}
svg text{fill:var(--soft);font-size:12.5px}
svg text.strong{fill:var(--ink);font-weight:600}
.f-ok{fill:var(--accent)}.f-bad{fill:var(--bad)}.f-mute{fill:var(--mute)}.f-soft{fill:var(--accent2)}.f-warn{fill:var(--warn)}
.hatch{stroke:var(--card);stroke-width:1.6}
.axis{stroke:var(--line);stroke-width:1}
.limit{stroke:var(--ink);stroke-width:1.6}
.limit.d2{stroke-dasharray:7 4}.limit.d3{stroke-dasharray:2 4}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 22px;margin:8px 0 0;font-size:14px}
dl.facts dt{color:var(--soft)}dl.facts dd{margin:0;overflow-wrap:anywhere}
details{margin-top:12px}summary{cursor:pointer;color:var(--soft);font-size:14px}
.do{color:var(--soft)}
[hidden]{display:none!important}
footer{color:var(--soft);font-size:13px;margin-top:20px}
@media (max-width:760px){.hero{grid-template-columns:1fr}.page{padding:16px 12px 40px}section{padding:16px 14px}}
@media print{:root{color-scheme:light}body{background:#fff}.page{max-width:none;padding:0}section,.tile{break-inside:avoid-page;border-color:#bbb}.tools,.more,#theme,.skip{display:none!important}}
)css";

const std::string_view k_page_script = R"js(
'use strict';
(function () {
  var STEP = 100;
  var root = document.documentElement;
  var theme = document.getElementById('theme');
  function applyTheme() {
    var wanted = location.hash.match(/theme=(light|dark)/);
    if (wanted) root.setAttribute('data-theme', wanted[1]); else root.removeAttribute('data-theme');
  }
  theme.hidden = false;
  theme.addEventListener('click', function () {
    var chosen = root.getAttribute('data-theme');
    var dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    history.replaceState(null, '', '#theme=' + (dark ? 'light' : 'dark'));
    applyTheme();
  });
  window.addEventListener('hashchange', applyTheme);
  applyTheme();

  var data = JSON.parse(document.getElementById('data').textContent);

  function words(column, value) {
    if (value === null || value === '') return '';
    var text = column.dict ? data.dicts[column.dict][value] : String(value);
    return column.unit ? text + column.unit : text;
  }

  function enhance(name) {
    var model = data.tables[name];
    var table = document.getElementById(name);
    var body = table.tBodies[0];
    var tools = document.getElementById(name + '-tools');
    var box = document.getElementById(name + '-filter');
    var pick = document.getElementById(name + '-pick');
    var count = document.getElementById(name + '-count');
    var more = document.getElementById(name + '-more');
    var haystack = model.rows.map(function (row) {
      return row.map(function (value, i) { return words(model.columns[i], value); }).join('\u0001').toLowerCase();
    });
    var order = model.rows.map(function (_, i) { return i; });
    var shown = order;
    var visible = 50;

    function draw() {
      var fragment = document.createDocumentFragment();
      shown.slice(0, visible).forEach(function (at) {
        var line = document.createElement('tr');
        model.rows[at].forEach(function (value, i) {
          var column = model.columns[i];
          var cell = document.createElement('td');
          if (column.css) cell.className = column.css;
          var text = words(column, value);
          if (column.badges && text) {
            var badge = document.createElement('span');
            badge.className = 'badge ' + (column.badges[text] || '');
            badge.textContent = text;
            cell.appendChild(badge);
          } else {
            cell.textContent = text;
          }
          line.appendChild(cell);
        });
        fragment.appendChild(line);
      });
      body.replaceChildren(fragment);
      count.textContent = shown.length + ' of ' + model.rows.length + (visible < shown.length ? ', first ' + visible + ' shown' : '');
      more.hidden = visible >= shown.length;
    }

    function filter() {
      var wanted = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      var status = pick.value;
      shown = order.filter(function (at) {
        if (status && words(model.columns[model.pick], model.rows[at][model.pick]) !== status) return false;
        return wanted.every(function (word) { return haystack[at].indexOf(word) >= 0; });
      });
      visible = 50;
      draw();
    }

    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, i) {
      var button = document.createElement('button');
      button.type = 'button';
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener('click', function () {
        var down = head.getAttribute('aria-sort') === 'ascending';
        Array.prototype.forEach.call(table.tHead.rows[0].cells, function (other) { other.removeAttribute('aria-sort'); });
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        var column = model.columns[i];
        order.sort(function (a, b) {
          var x = model.rows[a][i], y = model.rows[b][i];
          if (column.dict) { x = words(column, x); y = words(column, y); }
          if (x === y) return a - b;
          if (x === null || x === '') return 1;
          if (y === null || y === '') return -1;
          return (x < y ? -1 : 1) * (down ? -1 : 1);
        });
        filter();
      });
    });
    var choices = {};
    model.rows.forEach(function (row) { choices[words(model.columns[model.pick], row[model.pick])] = true; });
    Object.keys(choices).filter(Boolean).sort().forEach(function (choice) {
      var option = document.createElement('option');
      option.value = option.textContent = choice;
      pick.appendChild(option);
    });
    box.addEventListener('input', filter);
    pick.addEventListener('change', filter);
    more.addEventListener('click', function () { visible += STEP; draw(); });
    tools.hidden = false;
    draw();
  }

  Object.keys(data.tables).forEach(enhance);
})();
)js";

}  // namespace keyward::report
