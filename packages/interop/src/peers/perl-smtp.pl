# Sends a file with Net::SMTP. Argument: JSON, see perl.ts. Prints what was refused; exit status 3 if everything was.
use strict;
use warnings;
use Authen::SASL qw(Perl);
use JSON::PP;
use Net::SMTP;

my $o = decode_json($ARGV[0]);
my %tls = (SSL_ca_file => $o->{ca}, SSL_verifycn_name => "localhost");

open(my $file, "<:raw", $o->{file}) or die;
my $content = do { local $/; <$file> };
$content = "" unless defined $content;

my $smtp = Net::SMTP->new(
    "127.0.0.1", Port => $o->{port}, Hello => "client.example.org", Timeout => 30,
    ($o->{tls} eq "implicit TLS" ? (SSL => 1, %tls) : ())
) or die "no connection: $@";

sub must {
    my ($done) = @_;
    return if $done;
    print $smtp->code, " ", $smtp->message;
    exit 3;
}

must($smtp->starttls(%tls)) if $o->{tls} eq "STARTTLS";
my $sasl = Authen::SASL->new(
    mechanism => $o->{mechanism},
    callback  => { user => $o->{user}, pass => $o->{secret}, authname => $o->{authname} }
);
must($smtp->auth($sasl));
must($smtp->mail($o->{user}, %{ $o->{mail} }));
my @good = $smtp->recipient(@{ $o->{recipients} }, { SkipBad => 1, %{ $o->{rcpt} } });
print "550 $_\n" for grep { my $one = $_; !grep { $_ eq $one } @good } @{ $o->{recipients} };
exit 3 unless @good;
must($smtp->data);
must($smtp->datasend($content));
must($smtp->dataend);
$smtp->quit;
