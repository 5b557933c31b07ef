import { constant } from './html.ts';

/**
 * The style of every page. All of it lies under `.bt`, for a widget shares its document with the console around it, and sizes follow the
 * place the page is given, not the window. Every pair of colours here has a contrast of 4.5 or more in both themes.
 */
export const style = constant`
.bt,.bt *{box-sizing:border-box}
.bt{color-scheme:light dark;container-type:inline-size;font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
--bg:light-dark(#f5f6f8,#0d1117);--card:light-dark(#ffffff,#151b23);--ink:light-dark(#14181f,#e8ecf2);--dim:light-dark(#4d5663,#a2acba);
--line:light-dark(#dde1e7,#29313b);--link:light-dark(#0a57a8,#79b8ff);--good:light-dark(#0c6138,#63d297);--warn:light-dark(#7d4a00,#f2b457);
--bad:light-dark(#a81c1c,#ff8f87);--wait:light-dark(#5f3896,#cbaeff);--goodbg:light-dark(#e3f3ea,#12291e);--warnbg:light-dark(#fbf0dc,#2d2413);
--badbg:light-dark(#fbe7e6,#331a1b);--waitbg:light-dark(#efe8f9,#241c36);--dimbg:light-dark(#eceef2,#1f262f);
color:var(--ink);background:var(--bg);font-variant-numeric:tabular-nums;text-align:left}
.bt[data-theme=light]{color-scheme:light}
.bt[data-theme=dark]{color-scheme:dark}
.bt>*{max-width:1280px;margin-inline:auto}
.bt header{display:flex;flex-wrap:wrap;gap:2px 16px;justify-content:space-between;padding:14px 24px 0;font-size:13px;color:var(--dim)}
.bt header nav b{color:var(--ink);letter-spacing:.01em}
.bt main{padding:8px 24px 40px;outline:none}
.bt p,.bt h1,.bt h2,.bt h3,.bt ul,.bt ol,.bt dl,.bt dd{margin:0;padding:0}
.bt h1{font-size:26px;line-height:1.25;font-weight:650;letter-spacing:-.015em;text-wrap:balance;display:flex;gap:14px;align-items:flex-start;
margin:6px 0 20px;color:var(--ink)}
.bt h1 i{flex:none;width:34px;height:34px;border-radius:8px;display:grid;place-items:center;font-size:18px;font-style:normal;line-height:1}
.bt h1.good i{background:var(--goodbg);color:var(--good)}
.bt h1.warn i{background:var(--warnbg);color:var(--warn)}
.bt h1.bad i{background:var(--badbg);color:var(--bad)}
.bt h1.dim i{background:var(--dimbg);color:var(--dim)}
.bt h2{font-size:15px;line-height:1.3;font-weight:650;color:var(--ink);margin:26px 0 10px}
.bt h2 .n{font-weight:500;color:var(--dim);margin-left:4px}
.bt h3{font-size:15px;line-height:1.35;font-weight:600;display:flex;gap:10px;align-items:baseline;justify-content:space-between;color:var(--ink)}
.bt a{color:var(--link);text-decoration:underline;text-decoration-thickness:1px;text-underline-offset:2px;cursor:pointer;overflow-wrap:anywhere}
.bt a:hover{text-decoration-thickness:2px}
.bt :focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
.bt small{display:block;font-size:12px;color:var(--dim);font-weight:400;overflow-wrap:anywhere}
.bt .dim{color:var(--dim)}
.bt .bad-ink{color:var(--bad)}
.bt .num{font-variant-numeric:tabular-nums;white-space:nowrap}
.bt .t{display:inline-flex;align-items:center;gap:5px;padding:1px 8px 1px 7px;border-radius:5px;font-weight:550;font-size:13px;white-space:nowrap}
.bt .t i{font-style:normal;font-size:11px;line-height:1;min-width:10px;text-align:center}
.bt .t.good{color:var(--good);background:var(--goodbg)}
.bt .t.warn{color:var(--warn);background:var(--warnbg)}
.bt .t.bad{color:var(--bad);background:var(--badbg)}
.bt .t.wait{color:var(--wait);background:var(--waitbg)}
.bt .t.dim{color:var(--dim);background:var(--dimbg)}
.bt .cmd{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;background:var(--dimbg);color:var(--ink);
border-radius:5px;
padding:2px 7px;overflow-wrap:anywhere;user-select:all;-webkit-user-select:all;box-decoration-break:clone;-webkit-box-decoration-break:clone}
.bt button,.bt .btn a{font:inherit;font-size:13px;font-weight:550;color:var(--ink);background:var(--card);border:1px solid var(--dim);
border-radius:6px;
padding:5px 12px;min-height:32px;cursor:pointer;text-decoration:none;display:inline-block}
.bt button.copy{font-size:12px;min-height:24px;padding:0 8px;margin-left:6px;color:var(--link);border-color:var(--line);vertical-align:baseline}
.bt .banner,.bt .end{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--dim);border-radius:8px;padding:10px 14px;
margin:0 0 12px;overflow-wrap:anywhere}
.bt .banner.warn{border-left-color:var(--warn)}
.bt .rest{margin:0 0 4px}
.bt .meta{margin:-8px 0 16px;display:flex;flex-wrap:wrap;gap:8px;align-items:baseline}
.bt .cards{list-style:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,380px),1fr));gap:10px}
.bt .card{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--dim);border-radius:8px;padding:11px 14px;display:grid;
gap:6px;align-content:start;
overflow-wrap:anywhere;min-width:0}
.bt .card.bad{border-left-color:var(--bad)}
.bt .card.warn{border-left-color:var(--warn)}
.bt .sum{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,220px),1fr));gap:1px;background:var(--line);border:1px solid var(--line);
border-radius:8px;
overflow:hidden;margin-bottom:16px}
.bt .sum>div{background:var(--card);padding:10px 14px;overflow-wrap:anywhere}
.bt .sum dt{font-size:12px;color:var(--dim)}
.bt .find{display:flex;flex-wrap:wrap;gap:8px 14px;align-items:end;margin:0 0 8px}
.bt .find label{display:grid;gap:3px;font-size:12px;color:var(--dim)}
.bt .find input,.bt .find select{font:inherit;font-size:14px;color:var(--ink);background:var(--card);border:1px solid var(--dim);border-radius:6px;
padding:5px 9px;min-height:34px;width:100%}
.bt .find label:first-child{flex:1 1 220px;max-width:360px}
.bt.js .find button{display:none}
.bt #bt-count{font-size:12px;margin:0 0 6px}
.bt table{border-collapse:separate;width:100%;color:var(--ink);font-size:14px;background:var(--card);border:1px solid var(--line);border-radius:8px;
border-spacing:0;margin:0}
.bt caption{text-align:left;font-size:12px;color:var(--dim);padding:0 0 6px}
.bt th,.bt td{text-align:left;vertical-align:top;font-weight:400;padding:9px 12px;overflow-wrap:anywhere;min-width:0;border:0;color:inherit;
background:none}
.bt thead th{font-size:12px;color:var(--dim);padding-block:8px;background:var(--card)}
.bt tbody th{font-weight:600}
.bt .facts{margin-bottom:12px}
.bt .facts tr+tr>*{border-top:1px solid var(--line)}
.bt .facts th{width:32%;font-weight:400;color:var(--dim)}
.bt .facts td>.cmd:first-child{margin-left:-7px}
.bt .cols{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:0 24px}
.bt .cols section{min-width:0}
.bt .fleet,.bt .nodes,.bt .steps{display:block;overflow:hidden}
.bt .fleet caption,.bt .nodes caption,.bt .steps caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);padding:0}
.bt .fleet thead,.bt .fleet tbody,.bt .nodes thead,.bt .nodes tbody,.bt .steps thead,.bt .steps tbody{display:block}
.bt .fleet tr,.bt .nodes tr,.bt .steps tr{display:grid;align-items:start}
.bt .fleet tr{grid-template-columns:1.15fr 1.25fr 1fr 1.9fr 2.1fr .75fr}
.bt .nodes tr{grid-template-columns:1.5fr .9fr .8fr .8fr .7fr .9fr .5fr .9fr 1.7fr}
.bt .steps tr{grid-template-columns:1.2fr .6fr .7fr .5fr 3.4fr}
.bt .fleet tbody tr,.bt .nodes tbody tr,.bt .steps tbody tr{border-top:1px solid var(--line);box-shadow:inset 3px 0 0 transparent}
.bt .long tbody tr{content-visibility:auto;contain-intrinsic-size:auto 62px}
.bt .fleet tbody tr.act{box-shadow:inset 3px 0 0 var(--bad)}
.bt .fleet tbody tr.look{box-shadow:inset 3px 0 0 var(--warn)}
.bt .fleet tbody tr:hover{background:var(--dimbg)}
.bt [hidden],.bt cwdb-action{display:none!important}
.bt .k{display:none;color:var(--dim)}
.bt .time{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 16px 6px}
.bt .time svg{display:block;overflow:visible}
.bt .time text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--dim)}
.bt .time .l{fill:var(--ink);font-size:12.5px;paint-order:stroke;stroke:var(--card);stroke-width:4px}
.bt .time .mt{fill:var(--ink);font-weight:600;paint-order:stroke;stroke:var(--card);stroke-width:4px}
.bt .time .g{stroke:var(--line)}
.bt .time .m{stroke:var(--dim);stroke-dasharray:3 3}
.bt .time .s{fill:var(--link)}
.bt .time .run{fill:var(--link);animation:bt-run 1.6s ease-in-out infinite alternate}
.bt .time .w{stroke:var(--wait)}
.bt .time .h1{fill:var(--waitbg)}
.bt .time .h2{fill:var(--wait)}
@keyframes bt-run{to{opacity:.45}}
.bt .legend{font-size:12px;margin-top:6px}
.bt .sw{display:inline-block;width:22px;height:10px;border-radius:2px;margin:0 6px 0 12px;vertical-align:-1px;background:var(--link)}
.bt .sw:first-child{margin-left:0}
.bt .sw.w{background:repeating-linear-gradient(45deg,var(--wait) 0 3px,var(--waitbg) 3px 7px);border:1px solid var(--wait)}
.bt details{margin:14px 0 18px}
.bt summary{cursor:pointer;color:var(--link);padding:4px 0}
.bt .log{list-style:none;display:grid;gap:4px;padding:8px 0;overflow-wrap:anywhere}
.skip{position:absolute;left:-999px}
.skip:focus{left:8px;top:8px;padding:8px 12px;background:#fff;color:#0a57a8;z-index:1}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.bt .stale{background:var(--warnbg);color:var(--warn);padding:8px 14px;border-radius:8px;margin:10px 24px 0;font-weight:550}
body:has(>.bt){margin:0;background:light-dark(#f5f6f8,#0d1117);color-scheme:light dark}
@container (max-width:760px){
.bt header{padding:10px 14px 0;font-size:12px}
.bt main{padding:6px 14px 32px}
.bt h1{font-size:21px;gap:10px;margin:4px 0 14px}
.bt h1 i{width:28px;height:28px;font-size:15px}
.bt h2{margin-top:20px}
.bt .k{display:inline}
.bt .find label:first-child{flex-basis:100%;max-width:none}
.bt .find label{flex:1 1 120px;min-width:0}
.bt .find input,.bt .find select{font-size:16px;min-height:42px}
.bt button,.bt .btn a{min-height:42px;padding-block:9px}
.bt button.copy{min-height:32px}
.bt .fleet thead,.bt .nodes thead,.bt .steps thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.bt .fleet tbody tr:first-child,.bt .nodes tbody tr:first-child,.bt .steps tbody tr:first-child{border-top:0}
.bt .fleet tr{grid-template-columns:minmax(0,1fr) auto;padding:9px 4px 9px 6px}
.bt .long tbody tr{contain-intrinsic-size:auto 108px}
.bt .fleet th,.bt .fleet td{padding:2px 8px}
.bt .fleet td:nth-child(3){grid-column:2;grid-row:1;text-align:right}
.bt .fleet td:nth-child(2),.bt .fleet td:nth-child(4),.bt .fleet td:nth-child(5){grid-column:1/-1}
.bt .fleet td:nth-child(2) small{display:inline;margin-left:6px}
.bt .fleet td:nth-child(6){grid-column:1/-1;font-size:13px}
.bt .fleet td.none{display:none}
.bt .nodes tr{grid-template-columns:repeat(auto-fill,minmax(140px,1fr));padding:9px 4px}
.bt .nodes th,.bt .nodes td{padding:2px 8px}
.bt .nodes th,.bt .nodes .wide,.bt .steps th,.bt .steps .wide{grid-column:1/-1}
.bt .steps tr{grid-template-columns:auto auto 1fr;padding:9px 4px}
.bt .steps th,.bt .steps td{padding:2px 8px}
.bt .facts,.bt .facts tbody{display:block}
.bt .facts caption{display:block;padding:6px 12px 2px}
.bt .facts tr{display:grid;padding:6px 0}
.bt .facts tr+tr{border-top:1px solid var(--line)}
.bt .facts tr+tr>*{border-top:0}
.bt .facts th,.bt .facts td{width:auto;padding:2px 12px}
.bt .time{padding:8px 10px}
.bt .stale{margin-inline:14px}
}
@media (prefers-reduced-motion:reduce){.bt *{animation:none!important;transition:none!important}}
@media (forced-colors:active){.bt .t,.bt .cmd{border:1px solid}}
`;
