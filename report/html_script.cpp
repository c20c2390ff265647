#include "report/html_page.hpp"

namespace keyward::report {

// Texts of accounts, users and AWS are set as textContent and values only: they never become markup. A hundred thousand
// rows are searched by asking each dictionary once and each row's own texts, sorted by ranks of the dictionaries, and
// drawn a page at a time.
const std::string_view k_page_script = R"js(
'use strict';
(function () {
  var STEP = 100, FIRST = 50;
  var root = document.documentElement;
  var byId = function (id) { return document.getElementById(id); };

  var theme = byId('theme');
  function isDark() {
    var chosen = root.getAttribute('data-theme');
    return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  }
  function applyTheme() {
    var wanted = location.hash.match(/theme=(light|dark)/);
    if (wanted) root.setAttribute('data-theme', wanted[1]);
    theme.setAttribute('aria-pressed', String(isDark()));
  }
  theme.hidden = false;
  theme.addEventListener('click', function () {
    history.replaceState(null, '', '#theme=' + (isDark() ? 'light' : 'dark'));
    applyTheme();
  });
  window.addEventListener('hashchange', applyTheme);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', applyTheme);
  applyTheme();

  // Paper unfolds nothing.
  var unfolded = [];
  window.addEventListener('beforeprint', function () {
    unfolded = Array.prototype.filter.call(document.querySelectorAll('details'), function (one) { return !one.open; });
    unfolded.forEach(function (one) { one.open = true; });
  });
  window.addEventListener('afterprint', function () { unfolded.forEach(function (one) { one.open = false; }); });

  var data = JSON.parse(byId('data').textContent);

  function words(column, value) {
    if (value === null || value === '') return '';
    var text = column.dict ? data.dicts[column.dict][value] : String(value);
    return text === '' ? '' : (column.before || '') + text + (column.unit || '');
  }

  // What a column is sorted by: numbers as they are, texts by their order, nothing last.
  function sortKeys(column, rows, i) {
    if (!column.dict) return rows.map(function (row) { return row[i] === '' ? null : row[i]; });
    var texts = data.dicts[column.dict];
    var keys;
    if (column.ages) {
      keys = texts.map(function (text) {
        if (text === 'today') return 0;
        if (text === 'never') return Infinity;
        var found = text.match(/^\d+/);
        return found ? Number(found[0]) : null;
      });
    } else {
      keys = [];
      texts.map(function (_, at) { return at; })
        .sort(function (a, b) { return texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : 0; })
        .forEach(function (at, rank) { keys[at] = texts[at] === '' ? null : rank; });
    }
    return rows.map(function (row) { return keys[row[i]]; });
  }

  function enhance(name) {
    var model = data.tables[name];
    var rows = model.rows, columns = model.columns;
    var table = byId(name), body = table.tBodies[0], heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    var titles = heads.map(function (head) { return head.textContent; });
    var box = byId(name + '-filter'), where = byId(name + '-where'), pick = byId(name + '-pick');
    var count = byId(name + '-count'), more = byId(name + '-more');
    var order = rows.map(function (_, i) { return i; });
    var shown = order, visible = FIRST;
    var lower = null;  // the texts of columns without a dictionary, in lower case

    function draw() {
      var fragment = document.createDocumentFragment();
      shown.slice(0, visible).forEach(function (at) {
        var line = document.createElement('tr');
        rows[at].forEach(function (value, i) {
          var column = columns[i], text = words(column, value);
          var cell = document.createElement('td');
          if (column.css) cell.className = column.css;
          cell.setAttribute('data-l', titles[i]);
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
      count.textContent = shown.length + ' of ' + rows.length + (visible < shown.length ? ', first ' + visible + ' shown' : '');
      more.hidden = visible >= shown.length;
    }

    function matching(column, part) {
      return data.dicts[column.dict].map(function (text) { return text.toLowerCase().indexOf(part) >= 0; });
    }

    function lowered() {
      if (!lower) {
        lower = columns.map(function (column, i) {
          if (column.dict) return null;
          return rows.map(function (row) { return words(column, row[i]).toLowerCase(); });
        });
      }
      return lower;
    }

    function find(part) {
      var own = lowered();
      var hits = columns.map(function (column) { return column.dict ? matching(column, part) : null; });
      return function (at) {
        for (var i = 0; i < columns.length; i++) {
          if (hits[i] ? hits[i][rows[at][i]] : own[i][at].indexOf(part) >= 0) return true;
        }
        return false;
      };
    }

    function filter() {
      var tests = box.value.toLowerCase().split(/\s+/).filter(Boolean).map(find);
      if (pick.value) {
        var chosen = data.dicts[columns[model.pick].dict].indexOf(pick.value);
        tests.push(function (at) { return rows[at][model.pick] === chosen; });
      }
      if (where && where.value.trim()) {
        var places = matching(columns[model.where], where.value.trim().toLowerCase());
        tests.push(function (at) { return places[rows[at][model.where]]; });
      }
      shown = tests.length === 0 ? order : order.filter(function (at) {
        for (var i = 0; i < tests.length; i++) if (!tests[i](at)) return false;
        return true;
      });
      visible = FIRST;
      draw();
    }

    function sortBy(i, down) {
      var keys = sortKeys(columns[i], rows, i);
      order.sort(function (a, b) {
        var x = keys[a], y = keys[b];
        if (x === y) return a - b;
        if (x === null) return 1;
        if (y === null) return -1;
        return (x < y) === down ? 1 : -1;
      });
      heads.forEach(function (head) { head.removeAttribute('aria-sort'); });
      heads[i].setAttribute('aria-sort', down ? 'descending' : 'ascending');
      filter();
    }

    // RFC 4180. What a spreadsheet would take for a formula gets an apostrophe.
    function field(text) {
      if (/^[=+\-@\t\r]/.test(text)) text = "'" + text;
      return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
    }

    function save() {
      var lines = [titles.map(field).join(',')];
      shown.forEach(function (at) {
        lines.push(rows[at].map(function (value, i) { return field(words(columns[i], value)); }).join(','));
      });
      var link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([lines.join('\r\n') + '\r\n'], { type: 'text/csv;charset=utf-8' }));
      link.download = 'keyward-' + data.run.replace(/[^\w.-]/g, '_') + '-' + name + '.csv';
      link.click();
      setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
    }

    heads.forEach(function (head, i) {
      var button = document.createElement('button');
      button.type = 'button';
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener('click', function () { sortBy(i, head.getAttribute('aria-sort') === 'ascending'); });
    });
    var pickColumn = columns[model.pick];
    data.dicts[pickColumn.dict].filter(Boolean).sort().forEach(function (choice) {
      var option = document.createElement('option');
      option.value = option.textContent = choice;
      pick.appendChild(option);
    });
    box.addEventListener('input', filter);
    pick.addEventListener('change', filter);
    if (where) where.addEventListener('input', filter);
    byId(name + '-csv').addEventListener('click', save);
    more.addEventListener('click', function () { visible += STEP; draw(); });
    byId(name + '-tools').hidden = false;
    draw();
    setTimeout(lowered, 0);  // before the first search asks for it
  }

  Object.keys(data.tables).forEach(enhance);
})();
)js";

}  // namespace keyward::report
