# Visits a maildrop with Net::POP3. Argument: JSON, see perl.ts. Prints what it got; exit status 3 if it was refused.
use strict;
use warnings;
use Authen::SASL qw(Perl);
use JSON::PP;
use MIME::Base64;
use Net::POP3;

my $o = decode_json($ARGV[0]);
my %tls = (SSL_ca_file => $o->{ca}, SSL_verifycn_name => "localhost");

my $pop3 = Net::POP3->new(
    "127.0.0.1", Port => $o->{port}, Timeout => 30,
    ($o->{tls} eq "implicit TLS" ? (SSL => 1, %tls) : ())
) or die "no connection: $@";

sub must {
    my ($result) = @_;
    return $result if defined $result;
    print "-ERR ", $pop3->message;
    exit 3;
}

must($pop3->starttls(%tls) || undef) if $o->{tls} eq "STARTTLS";
my $mechanism = $o->{mechanism};
if    ($mechanism eq "USER") { must($pop3->login($o->{user}, $o->{secret})) }
elsif ($mechanism eq "APOP") { must($pop3->apop($o->{user}, $o->{secret})) }
else {
    my $sasl = Authen::SASL->new(
        mechanism => $mechanism,
        callback  => { user => $o->{user}, pass => $o->{secret}, authname => $o->{authname} }
    );
    must($pop3->auth($sasl) || undef);
}

my $action = $o->{action};
my $result;
if ($action eq "retr") {
    my $list = must($pop3->list);
    $result = [ map { encode_base64(join("", @{ must($pop3->get($_)) }), "") } sort { $a <=> $b } keys %$list ];
}
elsif ($action eq "list") { $result = [ $pop3->popstat, must($pop3->list), must($pop3->uidl) ] }
elsif ($action eq "top")  { $result = [ join("", @{ must($pop3->top(1, 0)) }) ] }
else {
    must($pop3->delete(1));
    must($pop3->reset) if $action eq "rset";
    $result = [];
}
must($pop3->quit || undef);
print JSON::PP->new->canonical->encode($result);
