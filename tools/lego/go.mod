// lego's own program, with one of its 200 DNS providers: see docs/decisions/0170.
module latchkey.example/lego

go 1.26.0

require github.com/go-acme/lego/v5 v5.6.0

replace gitlab.com/greyxor/slogor => ./slogor
