using EventCluster.Hosting.Configuration;
using Xunit;

namespace EventCluster.Hosting.Tests.Configuration;

public sealed class OptionsValidatorTests
{
    [Theory]
    [InlineData("http://127.0.0.1:4437")]
    [InlineData("http://127.8.9.1:4437")]
    [InlineData("http://localhost:0")]
    [InlineData("http://[::1]:4437;http://127.0.0.1:4438/")]
    public void Validate_LoopbackUrls_AreFine(string urls) =>
        Assert.Empty(OptionsValidator.Validate(new EventClusterOptions { Urls = urls }));

    [Theory]
    [InlineData("http://0.0.0.0:4437")]
    [InlineData("http://*:4437")]
    [InlineData("http://+:80")]
    [InlineData("http://[::]:4437")]
    [InlineData("http://10.1.2.3:4437")]
    [InlineData("http://127.0.0.1:1;http://10.1.2.3:4437")]
    public void Validate_UrlsThatOthersReach_NeedConsent(string urls)
    {
        var fault = Assert.Single(OptionsValidator.Validate(new EventClusterOptions { Urls = urls }));

        Assert.Contains("EventCluster:AllowUnauthenticated=true", fault, StringComparison.Ordinal);
        Assert.Empty(OptionsValidator.Validate(new EventClusterOptions { Urls = urls, AllowUnauthenticated = true }));
    }

    /// <summary>Whoever sets a certificate takes the traffic for encrypted.</summary>
    [Theory]
    [InlineData("http://127.0.0.1:4437", "server.pem", "", "", "names no https address")]
    [InlineData("http://127.0.0.1:4437", "", "key.pem", "", "belong to 'EventCluster:Tls:CertificatePath'")]
    [InlineData("http://127.0.0.1:4437", "", "", "secret", "belong to 'EventCluster:Tls:CertificatePath'")]
    [InlineData("http://127.0.0.1:4437;https://127.0.0.1:4438", "server.pem", "key.pem", "", null)]
    [InlineData("https://127.0.0.1:4437", "server.pem", "", "", null)]
    public void Validate_TlsThatEncryptsNothing_IsRefused(string urls, string certificate, string key, string password, string? fault)
    {
        var options = new EventClusterOptions { Urls = urls };
        (options.Tls.CertificatePath, options.Tls.KeyPath, options.Tls.Password) = (certificate, key, password);

        var faults = OptionsValidator.Validate(options);

        Assert.Equal(fault is null ? 0 : 1, faults.Count);
        Assert.All(faults, line => Assert.Contains(fault!, line, StringComparison.Ordinal));
        Assert.All(faults, static line => Assert.DoesNotContain("secret", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ftp://127.0.0.1:4437")]
    [InlineData("127.0.0.1:4437")]
    [InlineData("http://127.0.0.1:65536")]
    [InlineData("http://127.0.0.1:x")]
    [InlineData("http://127.0.0.1:80/path")]
    [InlineData("http://some.host:80")]
    [InlineData("unix:/tmp/x")]
    public void Validate_OtherUrls_AreRefused(string urls) =>
        Assert.Contains(
            "accepted: http://HOST:PORT",
            Assert.Single(OptionsValidator.Validate(new EventClusterOptions { Urls = urls })),
            StringComparison.Ordinal);

    [Fact]
    public void Validate_SeveralFaults_AreReportedTogether()
    {
        var options = new EventClusterOptions
        {
            Urls = "http://0.0.0.0:80;ftp://x",
            AllowedHosts = ["good.example", "bad host"],
            Cors = { AllowedOrigins = ["https://good.example", "good.example", "https://bad.example/path"] },
            Limits = { WaitingReads = 5, WaitingReadsPerStream = 6 },
            Memory = { TailCacheBytes = 5, TailCacheBytesPerStream = 6 },
            Retention = { Age = TimeSpan.FromSeconds(1.5) },
        };

        Assert.Equal(8, OptionsValidator.Validate(options).Count);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("null")]
    [InlineData("https://app.example.com")]
    [InlineData("https://*.example.com")]
    [InlineData("http://localhost:*")]
    [InlineData("capacitor://localhost")]
    [InlineData("app://-")]
    [InlineData("chrome-extension://abcdefghijklmnop")]
    public void Validate_OriginsOfAnyScheme_AreAccepted(string origin) =>
        Assert.Empty(OptionsValidator.Validate(new EventClusterOptions { Cors = { AllowedOrigins = [origin] } }));

    [Theory]
    [InlineData("app.example.com")]
    [InlineData("https://app.example.com/")]
    [InlineData("https://app.*.com")]
    [InlineData("NULL")]
    public void Validate_WhatIsNoOrigin_SaysWhatIsAccepted(string origin)
    {
        var fault = Assert.Single(OptionsValidator.Validate(new EventClusterOptions { Cors = { AllowedOrigins = [origin] } }));
        Assert.Contains($"'{origin}'", fault, StringComparison.Ordinal);
        Assert.Contains("SCHEME://HOST", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_HttpsWithoutACertificate_SaysHowToGetOne() => Assert.Contains(
        "dotnet dev-certs",
        Assert.Single(OptionsValidator.Validate(new EventClusterOptions { Urls = "https://127.0.0.1:4437" })),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("", 0)]
    [InlineData("http://127.0.0.1:4438", 0)]
    [InlineData("https://127.0.0.1:4438", 1)]
    [InlineData("http://10.0.0.1:4438", 1)]
    [InlineData("x", 1)]
    public void Validate_Http2Url_IsOneClearTextAddress(string url, int faults) =>
        Assert.Equal(faults, OptionsValidator.Validate(new EventClusterOptions { Http2Url = url }).Count);

    [Fact]
    public void Validate_AzureTables_IsForNodesOfAClusterOnly()
    {
        var faults = OptionsValidator.Validate(new EventClusterOptions { Store = StoreKind.AzureTables });

        Assert.Contains("does not carry", Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_AzureTablesOfACluster_NeedsTheAccountAndItsMembership()
    {
        var node = new ClusterNodeOptions { Store = StoreKind.AzureTables };
        node.AzureTables.Table = "no-dashes";

        var faults = OptionsValidator.Validate(node);

        Assert.Equal(3, faults.Count);
        Assert.Contains(faults, fault => fault.Contains("'EventCluster:AzureTables:ConnectionString'", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("'EventCluster:AzureTables:Table'", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("'EventCluster:Cluster:Membership'", StringComparison.Ordinal));
        node.AzureTables.Table = "mine";
        node.AzureTables.ConnectionString = "UseDevelopmentStorage=true";
        node.Cluster.Membership = MembershipKind.AzureTables;
        Assert.Empty(OptionsValidator.Validate(node));
    }
}
