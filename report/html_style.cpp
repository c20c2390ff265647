#include "report/html_page.hpp"

namespace keyward::report {

// Contrasts are at least 4.5 to 1 in both schemes (WCAG 2.2, 1.4.3). Colour never stands alone: a word, a sign or a
// hatching says the same.
const std::string_view k_page_style = R"css(
:root{color-scheme:light;--bg:#f5f6f8;--card:#fff;--ink:#14181f;--soft:#545d6b;--line:#dde1e8;--accent:#2454c7;--accent2:#8fb0ee;
--good:#14713d;--goodbg:#e3f4ea;--warn:#8a5000;--warnbg:#fdf1dc;--bad:#b3201f;--badbg:#fdeaea;--mute:#8a93a1;--mutebg:#eceef2;
--h1:#e6eefc;--h2:#c3d6f8;--h3:#8fb3f0;--h4:#3f6fd0;--h5:#1c3f8f;--hi:#14181f;--ht:#fff}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;--bg:#0f1217;--card:#181c23;--ink:#e8ebf0;--soft:#a3acba;
--line:#2c333e;--accent:#7aa2ff;--accent2:#39548f;--good:#63cf92;--goodbg:#142a1e;--warn:#f0b254;--warnbg:#30240f;--bad:#ff8683;--badbg:#381a1b;
--mute:#7b8594;--mutebg:#252a33;
--h1:#1c2740;--h2:#233a6b;--h3:#2d549f;--h4:#7aa2ff;--h5:#c3d6ff;--hi:#fff;--ht:#0f1217}}
:root[data-theme=dark]{color-scheme:dark;--bg:#0f1217;--card:#181c23;--ink:#e8ebf0;--soft:#a3acba;
--line:#2c333e;--accent:#7aa2ff;--accent2:#39548f;--good:#63cf92;--goodbg:#142a1e;--warn:#f0b254;--warnbg:#30240f;--bad:#ff8683;--badbg:#381a1b;
--mute:#7b8594;--mutebg:#252a33;
--h1:#1c2740;--h2:#233a6b;--h3:#2d549f;--h4:#7aa2ff;--h5:#c3d6ff;--hi:#fff;--ht:#0f1217}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif}
.page{max-width:1180px;margin:0 auto;padding:28px 24px 64px}
.vh{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:0 0 16px;padding:0;font-size:14px}
a{color:var(--accent)}
.skip{position:absolute;left:-999px}.skip:focus{left:12px;top:12px;background:var(--card);padding:8px 12px;border-radius:8px}
header.top{display:flex;flex-wrap:wrap;gap:8px 24px;align-items:flex-start;justify-content:space-between;margin-bottom:20px}
h1{font-size:27px;line-height:1.2;margin:0 0 4px;letter-spacing:-.015em}
h2{font-size:18px;margin:0 0 4px;letter-spacing:-.005em}
h3{font-size:15px;margin:18px 0 4px}
p{margin:4px 0 10px}
.soft,caption,.lede{color:var(--soft)}
.top .right{display:flex;gap:10px;align-items:center}
section{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:20px 22px;margin:0 0 16px}
section.bare{background:none;border:0;padding:0}
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
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:12px;margin:0 0 10px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:14px 18px}
.tile b{display:block;font-size:30px;line-height:1.2;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13.5px;display:block}
.tile .delta{color:var(--ink);font-variant-numeric:tabular-nums}
.tile .name{color:var(--ink);font-weight:600;font-size:14px}
.scroll{overflow-x:auto;position:relative}
.chart.late{direction:rtl}.chart.late svg{direction:ltr}
.whole{white-space:nowrap}
table{border-collapse:collapse;width:100%;font-size:14px;margin-top:8px}
caption{text-align:left;font-size:13.5px;padding:0 0 6px}
th,td{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-size:12.5px;color:var(--soft);font-weight:600;white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
td.nw{white-space:nowrap}
td.id{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px;white-space:nowrap}
td.why{min-width:120px}td.next{min-width:96px}
td.request{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12px;min-width:140px;overflow-wrap:anywhere;color:var(--soft)}
.id{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
tbody th{font-size:14px;color:var(--ink);font-weight:400;white-space:normal}
.heat th[scope=col]{vertical-align:bottom}.heat .c{text-align:center}
.heat tbody th{min-width:150px;overflow-wrap:anywhere}
.heat .unit th{font-weight:600}.heat .unit .soft{font-weight:400}.heat tbody tr:not(.unit) th{padding-left:18px}
.heat tbody+tbody .unit th,.heat tbody+tbody .unit td{border-top:2px solid var(--line)}
td.h{text-align:center;font-variant-numeric:tabular-nums;padding:6px;min-width:62px;color:var(--hi);border:2px solid var(--card)}
td.h0{color:var(--soft)}td.h1{background:var(--h1)}td.h2{background:var(--h2)}td.h3{background:var(--h3)}
td.h4{background:var(--h4);color:var(--ht)}td.h5{background:var(--h5);color:var(--ht)}
td.wrap{overflow-wrap:anywhere;min-width:125px}td.name{overflow-wrap:anywhere;min-width:110px}
tbody tr:last-child td{border-bottom:0}
tbody tr:hover td:not(.h){background:var(--bg)}
th button{all:unset;cursor:pointer;border-radius:4px}
th button:hover{color:var(--ink)}
th[aria-sort=ascending] button::after{content:" \2191";content:" \2191" / ""}th[aria-sort=descending] button::after{content:" \2193";content:" \2193" / ""}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.tools{display:flex;flex-wrap:wrap;gap:10px;align-items:center;margin:8px 0}
input,select,button.plain{font:inherit;font-size:14px;color:var(--ink);background:var(--card);border:1px solid var(--mute);border-radius:8px;padding:5px 11px}
input{width:240px;max-width:100%}input.short{width:150px}label{max-width:100%}button.plain{cursor:pointer}
.more{margin-top:10px}button[aria-pressed=true]{border-color:var(--accent);color:var(--accent)}
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
/* Nothing moves, so nothing has to stand still for prefers-reduced-motion. */
.limit{stroke:var(--ink);stroke-width:1.6}
.limit.d2{stroke-dasharray:7 4}.limit.d3{stroke-dasharray:2 4}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 22px;margin:8px 0 0;font-size:14px}
dl.facts dt{color:var(--soft)}dl.facts dd{margin:0;overflow-wrap:anywhere}
details{margin-top:12px}summary{cursor:pointer;color:var(--soft);font-size:14px}
.do{color:var(--soft)}
[hidden]{display:none!important}
footer{color:var(--soft);font-size:13px;margin-top:20px}
@media (max-width:1100px){.tiles{grid-template-columns:repeat(4,1fr)}}
@media screen and (max-width:760px){.hero{grid-template-columns:1fr;gap:16px}.page{padding:16px 12px 40px}section{padding:16px 14px}
.tiles{grid-template-columns:1fr 1fr}.tile{padding:12px 14px}.figure{font-size:48px}
svg text{font-size:17px}.chart svg{min-width:680px}
.stack,.stack tbody,.stack tr,.stack td{display:block;width:auto}.stack caption{display:block}
.stack thead{position:absolute;clip-path:inset(50%);height:1px;overflow:hidden}
.stack.sorts thead{position:static;clip-path:none;height:auto}.stack.sorts thead tr{display:flex;flex-wrap:wrap;gap:4px 16px;padding-bottom:10px}
.stack.sorts thead tr::before{content:"Sort by";font-size:12.5px;padding:4px 0;color:var(--soft)}.stack th{border:0;padding:4px 0}.stack th button{text-decoration:underline}.stack tbody tr{border-bottom:1px solid var(--line);padding:8px 0}.stack tbody tr:last-child{border-bottom:0}
.stack tbody td{border:0;padding:2px 0 2px 112px;position:relative;min-width:0;min-height:25px;text-align:left;white-space:normal;overflow-wrap:anywhere}
.stack td::before{content:attr(data-l);position:absolute;left:0;width:104px;color:var(--soft);font:600 12.5px/1.7 system-ui,"DejaVu Sans",sans-serif}
.stack tbody tr{display:grid;grid-template-columns:1fr 1fr}.stack tbody td{grid-column:1/-1}
.stack tbody td.n,#keys tbody td.id,#keys tbody td.nw{grid-column:auto;display:flex;gap:8px;padding-left:0}
.stack td.n::before,#keys td.id::before,#keys td.nw::before{position:static;width:auto;flex:none}
.stack tbody td:empty{display:none!important}
.heat tbody th{min-width:96px;padding-right:6px}.heat tbody tr:not(.unit) th{padding-left:8px}.heat th{white-space:normal}td.h{min-width:36px;padding:5px 1px;font-size:12.5px}
.heat th.c{font-size:11px;padding:6px 1px}
dl.facts{grid-template-columns:1fr}dl.facts dt{margin-top:6px}}
@media print{:root,:root:not([data-theme=light]),:root[data-theme=dark]{color-scheme:light;--bg:#fff;--card:#fff;--ink:#14181f;--soft:#545d6b;--line:#bbb;--good:#14713d;--warn:#8a5000;--bad:#b3201f;
--accent:#2454c7;--accent2:#8fb0ee;--goodbg:#fff;--warnbg:#fff;--badbg:#fff;--mutebg:#fff;--h1:#e6eefc;--h2:#c3d6f8;--h3:#8fb3f0;--h4:#3f6fd0;--h5:#1c3f8f;--hi:#14181f;--ht:#fff}
*{print-color-adjust:exact}body{font-size:11px}.page{max-width:none;padding:0}.scroll{overflow:visible}.chart svg{min-width:0}
table,caption,th,tbody th,td.id,.id,td.request,.badge{font-size:9.5px}td,th{padding:3px 6px 3px 0}td.wrap,td.name,td.why,td.next,td.request,td.h{min-width:0}
.tile{padding:8px 10px}.tile b{font-size:20px}.tile .name,.tile span,ul.legend,summary,dl.facts{font-size:10.5px}h1{font-size:22px}h2{font-size:15px}.figure{font-size:40px}
tr,.tile,.chart{break-inside:avoid}section{padding:8px 0;border:0}h2,h3{break-after:avoid}
.tools,.more,#theme,.skip,nav{display:none!important}}
)css";

}  // namespace keyward::report
