// SPDX-License-Identifier: Apache-2.0

// goload orders certificates for single names through golang.org/x/crypto/acme, so many at a time,
// answers their http-01 challenges itself, keeps nothing, and prints what it took as JSON.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
)

const challengePath = "/.well-known/acme-challenge/"

// answers holds the key authorization of each token under way.
var answers sync.Map

func answer(w http.ResponseWriter, r *http.Request) {
	text, found := answers.Load(strings.TrimPrefix(r.URL.Path, challengePath))
	if !found {
		http.NotFound(w, r)
		return
	}
	fmt.Fprint(w, text)
}

func newClient(directory, caFile string, atOnce int) (*acme.Client, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots},
		MaxIdleConnsPerHost: atOnce, ForceAttemptHTTP2: true}
	return &acme.Client{Key: key, DirectoryURL: directory,
		HTTPClient: &http.Client{Transport: transport}}, nil
}

func validate(ctx context.Context, client *acme.Client, url string) error {
	authorization, err := client.GetAuthorization(ctx, url)
	if err != nil {
		return err
	}
	for _, challenge := range authorization.Challenges {
		if challenge.Type != "http-01" {
			continue
		}
		text, err := client.HTTP01ChallengeResponse(challenge.Token)
		if err != nil {
			return err
		}
		answers.Store(challenge.Token, text)
		defer answers.Delete(challenge.Token)
		if _, err := client.Accept(ctx, challenge); err != nil {
			return err
		}
	}
	_, err = client.WaitAuthorization(ctx, url)
	return err
}

func issue(ctx context.Context, client *acme.Client, name string) error {
	order, err := client.AuthorizeOrder(ctx, acme.DomainIDs(name))
	if err != nil {
		return err
	}
	for _, url := range order.AuthzURLs {
		if err := validate(ctx, client, url); err != nil {
			return err
		}
	}
	if order, err = client.WaitOrder(ctx, order.URI); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	request := &x509.CertificateRequest{DNSNames: []string{name}}
	csr, err := x509.CreateCertificateRequest(rand.Reader, request, key)
	if err != nil {
		return err
	}
	_, _, err = client.CreateOrderCert(ctx, order.FinalizeURL, csr, true)
	return err
}

// issueAll returns how many of the orders became certificates.
func issueAll(ctx context.Context, client *acme.Client, orders, atOnce int) int64 {
	var next, done atomic.Int64
	var workers sync.WaitGroup
	for range atOnce {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := next.Add(1); i <= int64(orders); i = next.Add(1) {
				if err := issue(ctx, client, fmt.Sprintf("n%d.go.test", i)); err != nil {
					log.Print(err)
				} else {
					done.Add(1)
				}
			}
		}()
	}
	workers.Wait()
	return done.Load()
}

func main() {
	directory := flag.String("directory", "", "URL of the CA's directory")
	caFile := flag.String("ca", "", "what to trust for its https, PEM")
	listen := flag.String("listen", "", "where challenges are answered, address:port")
	orders := flag.Int("orders", 100, "how many")
	atOnce := flag.Int("at-once", 8, "at a time")
	flag.Parse()

	client, err := newClient(*directory, *caFile, *atOnce)
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(http.ListenAndServe(*listen, http.HandlerFunc(answer))) }()
	ctx := context.Background()
	if _, err := client.Register(ctx, &acme.Account{}, acme.AcceptTOS); err != nil {
		log.Fatal(err)
	}
	began := time.Now()
	done := issueAll(ctx, client, *orders, *atOnce)
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"done": done, "seconds": time.Since(began).Seconds()})
}
