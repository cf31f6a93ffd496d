# shellcheck shell=bash
# emacs: a batch of Lisp on its own heap above malloc: buffers, regular
# expressions, sorting, byte compilation, a process.
# set: quick
prepare()
{
	text_make 12000 61 >words.txt
	cat >work.el <<'END'
;;; -*- lexical-binding: t -*-
(require 'json)
(defun work-fib (n) (if (< n 2) n (+ (work-fib (- n 1)) (work-fib (- n 2)))))
(byte-compile 'work-fib)
(princ (format "fib %d\n" (work-fib 21)))
(let ((count (make-hash-table :test 'equal)) names)
  (with-temp-buffer
    (insert-file-contents (expand-file-name "words.txt" (getenv "INPUT")))
    (while (re-search-forward "\\_<[a-z]+\\_>" nil t)
      (let ((w (match-string 0)))
        (puthash w (1+ (gethash w count 0)) count)))
    (maphash (lambda (k v) (push (cons k v) names)) count)
    (setq names (sort names (lambda (a b)
      (if (= (cdr a) (cdr b)) (string< (car a) (car b))
        (> (cdr a) (cdr b))))))
    (princ (format "%d %S\n" (length names) (seq-take names 3)))
    (goto-char (point-min))
    (while (re-search-forward "\\([aeiou]\\)\\([a-z]\\)" nil t)
      (replace-match "\\2\\1"))
    (sort-lines t (point-min) (point-max))
    (princ (format "%s\n" (sha1 (current-buffer))))
    (garbage-collect)
    (erase-buffer)
    (dotimes (i 1500)
      (insert (format "(defun f%d (x) (let ((y %d)) (* x y)))\n" i i)))
    (emacs-lisp-mode)
    (font-lock-ensure)
    (indent-region (point-min) (min 20000 (point-max)))
    (princ (format "%s\n" (buffer-size)))))
(princ (shell-command-to-string "echo from a child"))
(princ (json-encode (number-sequence 1 20)))
END
}
run()
{
	under_test emacs -Q --batch -l "$INPUT/work.el"
}
