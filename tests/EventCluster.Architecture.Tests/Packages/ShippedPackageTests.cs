using System.Text;
using Xunit;

namespace EventCluster.Architecture.Tests.Packages;

public sealed class ShippedPackageTests
{
    private static readonly string[] _accepted =
        ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "PostgreSQL", "MS-PL"];

    [Fact]
    public void ShippedPackages_HaveAcceptedLicences()
    {
        var packages = ShippedPackage.OfProduct();

        Assert.NotEmpty(packages);
        Assert.All(packages, package => Assert.Contains(package.Licence, _accepted));
    }

    [Fact]
    public void ThirdPartyNotices_AreWhatTheRestoredGraphSays() =>
        Committed.AssertSame("THIRD-PARTY-NOTICES.md", Render(ShippedPackage.OfProduct()));

    private static string Render(IReadOnlyList<ShippedPackage> packages)
    {
        var text = new StringBuilder(
            """
            # Third-party notices

            Written by `infra/third-party-notices.sh` from the restored package graphs of `src`; do not edit.

            The server runs on the .NET and ASP.NET Core runtimes (MIT), which are installed with the .NET SDK and not shipped
            with it. These packages are part of the product, by themselves or as part of those runtimes:

            | Package | Version | Licence | Authors | Copyright |
            |---|---|---|---|---|

            """);
        foreach (var package in packages)
        {
            text.Append($"| {package.Name} | {package.Version} | {package.Licence} | {package.Authors} | {package.Copyright} |\n");
        }

        return text.ToString();
    }
}
